using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Daemon.Access;

/// <summary>What a call does to a target.</summary>
public enum Act
{
    /// <summary>Status, facts, reasons.</summary>
    Read,
    Publish,
    Pause,
    Resume,
    Promote,
    PromoteFull,
    Abort,
    Retry,
    Approve,
    Reject,
    Pin,
    Unpin,
    Hold,
    Release,
    Veto,
    Unveto,
    StopTheLine,
    ReleaseTheLine,
    BreakGlass,
    LiftBreakGlass,

    /// <summary>What a gate said, or that a version is Good, is not trusted any more.</summary>
    Revoke,
}

/// <summary>The acts of wishes.</summary>
internal static class Acts
{
    public static Act Of(WishKind wish) => wish switch
    {
        WishKind.Publish => Act.Publish,
        WishKind.Pause => Act.Pause,
        WishKind.Resume => Act.Resume,
        WishKind.Promote => Act.Promote,
        WishKind.PromoteFull => Act.PromoteFull,
        WishKind.Abort => Act.Abort,
        WishKind.Retry => Act.Retry,
        WishKind.Approve => Act.Approve,
        WishKind.Reject => Act.Reject,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

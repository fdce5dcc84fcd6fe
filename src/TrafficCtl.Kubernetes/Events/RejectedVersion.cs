using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Events;

/// <summary>
/// A version that was taken back while a slot runs it on: whoever deployed it wants it still. It gets no traffic and is not tried again,
/// and a GitOps tool that is not told keeps it there.
/// </summary>
/// <param name="Reason"><see cref="InGit"/>, <see cref="Deployed"/> or <see cref="Withdrawn"/>.</param>
/// <param name="Text">What is so, and the commands; empty once no slot runs it.</param>
internal sealed record RejectedVersion(string Reason, string Text)
{
    public const string InGit = "GitStillWants", Deployed = "StillDeployed", Withdrawn = "Withdrawn";

    /// <summary>No slot runs it any more: what is deployed and what serves agree again.</summary>
    public bool IsWithdrawn => Reason == Withdrawn;

    /// <param name="newest">The newest rollout.</param>
    /// <param name="target">The slots now; null while nothing runs there.</param>
    /// <returns>Null where the newest rollout was not taken back, or it is not known what runs.</returns>
    public static RejectedVersion? Of(RolloutState? newest, ClusterTarget? target, IKubeView view)
    {
        if (newest is null || target is null || Ending(newest.Phase) is not { } ending) return null;
        if (target.Slots.FirstOrDefault(s => s.Version == newest.Candidate) is not { } slot)
            return target.Slots.Any(s => s is { Version: null, Workload: not null }) ? null : new(Withdrawn, "");
        // It is deployed again, so it starts again.
        if (newest.Phase is Phase.Superseded) return null;
        var deployment = slot.Workload is { } workload ? view.Get(new KubeName(KubeKind.Deployment, target.Namespace, workload)) : null;
        var runs = slot.Workload is null ? $"Service {target.Namespace}/{slot.Service}" : $"Deployment {target.Namespace}/{slot.Workload}";
        var said = $"{newest.Candidate} {ending}, and {runs} still runs it. {newest.Stable} serves; {newest.Candidate} is retried only by "
            + "a retry";
        if (deployment is null || GitOwner.Of(deployment) is not { } owner)
            return new(Deployed, $"{said}. Deploy {newest.Stable} there again, or a newer version");
        return new(
            InGit,
            $"{said}. Git still wants it, by {owner.What}. Revert it in Git: git log -S '{Searched(newest.Candidate)}' finds the commit, "
            + $"git revert COMMIT takes it back, {owner.Apply} applies it. Or pause what applies it: {owner.Pause}");
    }

    /// <summary>Null for a rollout that was not taken back.</summary>
    private static string? Ending(Phase phase) => phase switch
    {
        Phase.RolledBack at => $"was rolled back ({Short(at.Why)})",
        Phase.Aborted at => $"was taken back ({Short(at.Why)})",
        Phase.Superseded => "was superseded",
        _ => null,
    };

    /// <summary>An event takes a kilobyte, and the commands are worth more than the numbers.</summary>
    private static string Short(string why) => why.Length <= 200 ? why : why[..199] + "…";

    /// <summary>What Git has of the version's name: the tag or the version label, without the hash of the template.</summary>
    private static string Searched(string version) => version.LastIndexOf('+') is > 0 and var plus ? version[..plus] : version;
}

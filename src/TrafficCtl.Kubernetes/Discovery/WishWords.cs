using System.Collections.Frozen;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>The wishes that an object of the cluster can carry, by the word it uses.</summary>
internal static class WishWords
{
    public const string Reason = "reason";

    public static readonly FrozenDictionary<string, WishKind> Kinds = new Dictionary<string, WishKind>(StringComparer.Ordinal)
    {
        ["pause"] = WishKind.Pause,
        ["resume"] = WishKind.Resume,
        ["promote"] = WishKind.Promote,
        ["promote-full"] = WishKind.PromoteFull,
        ["abort"] = WishKind.Abort,
        ["retry"] = WishKind.Retry,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The annotation asks for something, and is no part of a declaration.</summary>
    public static bool IsWish(string key) => key == Reason || Kinds.ContainsKey(key);
}

using System.Collections.Frozen;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Core.Texts;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>Wishes as they come in: every text is bounded and printable before anything is recorded.</summary>
internal static class WishRequests
{
    public static readonly FrozenDictionary<string, WishKind> Kinds = new Dictionary<string, WishKind>(StringComparer.Ordinal)
    {
        ["publish"] = WishKind.Publish,
        ["pause"] = WishKind.Pause,
        ["resume"] = WishKind.Resume,
        ["promote"] = WishKind.Promote,
        ["promote-full"] = WishKind.PromoteFull,
        ["abort"] = WishKind.Abort,
        ["retry"] = WishKind.Retry,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The wish to record, or what is wrong with the request.</summary>
    public static (Wish? Wish, string? Problem) Parse(MakeWishRequest request, TargetKey key, string from, DateTimeOffset at)
    {
        if (request.Service.Length > 0 && request.Service != key.Service)
            return (null, $"the body names the service \"{Shown(request.Service)}\", the address names \"{key.Service}\"");
        if (!Kinds.TryGetValue(request.Kind, out var kind))
            return (null, $"\"{Shown(request.Kind)}\" is not a wish{Meant(request.Kind)}; wishes are "
                + $"{string.Join(", ", Kinds.Keys.Order(StringComparer.Ordinal))}");
        if (kind == WishKind.Publish != request.Version.Length > 0)
            return (null, kind == WishKind.Publish ? "publish needs a version" : $"{request.Kind} takes no version");
        var problem = TextProblem("version", request.Version, TextLimits.Name) ?? TextProblem("who", request.Who, TextLimits.Name)
            ?? TextProblem("reason", request.Reason, TextLimits.Reason);
        if (problem is not null) return (null, problem);
        var version = kind == WishKind.Publish ? request.Version : null;
        var who = request.Who.Length > 0 ? request.Who : "unknown";
        return (new Wish(0, key, kind, version, who, request.Reason, from, at), null);
    }

    private static string? TextProblem(string name, string text, int limit) =>
        text.Length > limit ? $"{name} has {text.Length} characters; {limit} are allowed"
        : Printable.FirstUnprintable(text) is { } odd ? $"{name} has the character {odd}; write one line of printable text"
        : null;

    private static string Meant(string kind) => Suggest.DidYouMean(kind, Kinds.Keys) is { } meant ? $" ({meant})" : "";

    private static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";
}

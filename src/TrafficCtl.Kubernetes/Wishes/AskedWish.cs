using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Texts;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Wishes;

/// <summary>A wish as it stands on an object.</summary>
/// <param name="On">The object.</param>
/// <param name="Place">What its nonce is kept under, such as <c>Service/pause</c>.</param>
/// <param name="Who">Wrote it.</param>
/// <param name="At">When it was written; null when that is unknown.</param>
internal sealed record AskedWish(KubeOrigin On, string Place, WishKind Kind, string Nonce, string Reason, string Who, DateTimeOffset? At)
{
    /// <summary>The version that it is about; null for whichever is the candidate.</summary>
    public string? Version { get; init; }

    /// <summary>The id of the rollout that it is about; null for whichever is active.</summary>
    public string? Rollout { get; init; }

    /// <summary>Why it cannot be taken; null when it can.</summary>
    public string? Problem { get; init; }

    public const int LongestNonce = 128, LongestReason = 1024;

    /// <summary>Names the wish for ever: the same from again is the same wish.</summary>
    public string From => $"{On.Name}, {Place[(Place.IndexOf('/', StringComparison.Ordinal) + 1)..]} {Nonce}";

    /// <summary>Those in the annotations of a Service or Delivery, the oldest first.</summary>
    public static ImmutableArray<AskedWish> In(KubeKind kind, JsonObject thing)
    {
        if (thing.MapAt("metadata", "annotations") is not { } annotations) return [];
        var found = ImmutableArray.CreateBuilder<AskedWish>();
        foreach (var (word, wish) in WishWords.Kinds)
        {
            var key = DeclaredService.Prefix + word;
            if (annotations[key] is not JsonValue value) continue;
            var (who, at) = WhoWrote.Field(thing, "f:metadata", "f:annotations", $"f:{key}");
            var nonce = value.ToString();
            var reason = Clean(thing.Annotation(DeclaredService.Prefix + WishWords.Reason));
            found.Add(new AskedWish(DeclaringObjects.OriginOf(kind, thing), $"{kind.Kind}/{word}", wish, nonce, reason, who, at)
            {
                Problem = ProblemOf(key, nonce),
            });
        }

        return [.. found.OrderBy(f => f.At ?? DateTimeOffset.MinValue).ThenBy(f => f.Kind)];
    }

    /// <summary>The one in <c>spec.wish</c> of a Rollout; null without one.</summary>
    public static AskedWish? Of(JsonObject rollout)
    {
        if (rollout.MapAt("spec", "wish") is not { } wish) return null;
        var nonce = wish.TextAt("nonce") ?? "";
        var (who, at) = WhoWrote.Field(rollout, "f:spec", "f:wish");
        var isKnown = WishWords.Kinds.TryGetValue(wish.TextAt("kind") ?? "", out var kind);
        var origin = DeclaringObjects.OriginOf(KubeKind.Rollout, rollout);
        return new AskedWish(origin, "Rollout/spec.wish", kind, nonce, Clean(wish.TextAt("reason")), who, at)
        {
            Version = kind == WishKind.Retry ? rollout.TextAt("spec", "candidate") : null,
            Rollout = rollout.TextAt("spec", "id"),
            Problem = isKnown ? ProblemOf("spec.wish.nonce", nonce)
                : $"spec.wish.kind: \"{wish.TextAt("kind")}\" is no wish; wishes are "
                + string.Join(", ", WishWords.Kinds.Keys.Order(StringComparer.Ordinal)),
        };
    }

    private static string? ProblemOf(string key, string nonce) =>
        nonce.Length == 0 ? $"{key} needs a value that was not used before, such as the time"
        : nonce.Length > LongestNonce ? $"{key} has {nonce.Length} characters; {LongestNonce} are allowed"
        : Printable.FirstUnprintable(nonce) is { } odd ? $"{key} has the character {odd}"
        : null;

    /// <summary>One line of printable text.</summary>
    /// <remarks>A wish is not refused for its reason: nobody waits for the answer, and it may be an abort.</remarks>
    private static string Clean(string? reason)
    {
        var text = Printable.Escape((reason ?? "").Trim());
        return text.Length <= LongestReason ? text : text[..LongestReason];
    }
}

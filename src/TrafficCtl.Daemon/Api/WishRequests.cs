using System.Collections.Frozen;
using TrafficCtl.Core.Gates;
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
        ["approve"] = WishKind.Approve,
        ["reject"] = WishKind.Reject,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private const int LongestKey = 128;

    /// <summary>The wish to record, or what is wrong with the request.</summary>
    public static (Wish? Wish, Refusal? Refusal) Parse(MakeWishRequest request, TargetKey key, Caller caller, DateTimeOffset at)
    {
        if (!Kinds.TryGetValue(request.Kind, out var kind))
        {
            var kinds = string.Join(", ", Kinds.Keys.Order(StringComparer.Ordinal));
            return Refused("kind", $"\"{Quoted.Short(request.Kind)}\" is not a wish{Meant(request.Kind)}; wishes are {kinds}");
        }

        if (kind == WishKind.Publish != request.Version.Length > 0)
            return Refused("version", kind == WishKind.Publish ? "publish needs a version" : $"{request.Kind} takes no version");
        var refusal = CheckText("version", request.Version, TextLimits.Name) ?? CheckText("who", request.Who, TextLimits.Name)
            ?? CheckText("reason", request.Reason, TextLimits.Reason) ?? CheckText("idempotency_key", request.IdempotencyKey, LongestKey)
            ?? CheckText("gate", request.Gate, TextLimits.Name) ?? CheckText("rollout", request.Rollout, TextLimits.Name);
        if (refusal is not null) return (null, refusal);
        var isVote = kind is WishKind.Approve or WishKind.Reject;
        if (!isVote && request.Gate.Length > 0) return Refused("gate", $"{request.Kind} takes no gate");
        if (!isVote && request.Rollout.Length > 0) return Refused("rollout", $"{request.Kind} takes no rollout");
        if (request.HasExpectedGeneration && request.ExpectedGeneration < 0)
            return Refused("expected_generation", "expected_generation is the generation of a status, 0 or more");
        if (kind == WishKind.Abort && request.HasExpectedGeneration)
            return Refused("expected_generation", "an abort expects no generation: it is carried out whatever has changed meanwhile");
        var version = kind == WishKind.Publish ? request.Version : null;
        var wish = new Wish(0, key, kind, version, caller.Identity.Who(request.Who), request.Reason, caller.From, at)
        {
            IdempotencyKey = request.IdempotencyKey.Length > 0 ? request.IdempotencyKey : null,
            ExpectedGeneration = request.HasExpectedGeneration ? request.ExpectedGeneration : null,
            Vote = isVote ? new Vote(request.Gate, request.Rollout, caller.Identity.As(key)) : null,
        };
        return (wish, null);
    }

    private static (Wish? Wish, Refusal? Refusal) Refused(string field, string detail) => (null, Refusal.BadRequest(detail, field));

    private static Refusal? CheckText(string field, string text, int limit)
    {
        if (text.Length > limit) return Refusal.BadRequest($"{field} has {text.Length} characters; {limit} are allowed", field);
        return Printable.FirstUnprintable(text) is { } odd
            ? Refusal.BadRequest($"{field} has the character {odd}; write one line of printable text", field)
            : null;
    }

    private static string Meant(string kind) => Suggest.DidYouMean(kind, Kinds.Keys) is { } meant ? $" ({meant})" : "";
}

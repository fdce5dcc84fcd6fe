using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>Unanswered wishes in a status.</summary>
internal static class WishJson
{
    public const int Most = 64;

    private static readonly ImmutableArray<(WishKind Kind, string Word)> Kinds =
    [
        (WishKind.Publish, "publish"), (WishKind.Pause, "pause"), (WishKind.Resume, "resume"), (WishKind.Promote, "promote"),
        (WishKind.PromoteFull, "promote-full"), (WishKind.Abort, "abort"), (WishKind.Retry, "retry"),
        (WishKind.Approve, "approve"), (WishKind.Reject, "reject"),
    ];

    public static JsonArray Write(ImmutableArray<Wish> wishes) => [.. wishes.Select(Write)];

    /// <exception cref="FormatException">Not a list of wishes.</exception>
    public static ImmutableArray<Wish> Read(JsonArray? list, string service) =>
        list is null ? [] : [.. list.OfType<JsonObject>().Select(wish => Read(wish, service))];

    /// <summary>Nobody's words may fill a status.</summary>
    public static Wish Bound(Wish wish) => wish with
    {
        Who = Members.Cut(wish.Who, 512),
        Reason = Members.Cut(wish.Reason, 1024),
        From = Members.Cut(wish.From, 512),
    };

    private static JsonObject Write(Wish wish)
    {
        var json = new JsonObject
        {
            ["id"] = wish.Id,
            ["environment"] = wish.Key.Environment,
            ["kind"] = Kinds.First(k => k.Kind == wish.Kind).Word,
        };
        json.Set("version", wish.Version);
        (json["who"], json["reason"], json["from"], json["at"]) = (wish.Who, wish.Reason, wish.From, Members.Time(wish.At));
        json.Set("idempotencyKey", wish.IdempotencyKey);
        if (wish.ExpectedGeneration is { } expected) json["expectedGeneration"] = expected;
        if (wish.Vote is { } vote) json["vote"] = new JsonObject { ["gate"] = vote.Gate, ["rollout"] = vote.Rollout, ["as"] = vote.As };
        return json;
    }

    private static Wish Read(JsonObject json, string service)
    {
        var word = json.Text("kind");
        var kind = Kinds.FirstOrDefault(k => k.Word == word, (default, ""));
        if (kind.Word.Length == 0) throw new FormatException($"a wish of kind {word} is not known");
        return new Wish(
            json.Number("id") ?? throw new FormatException("a wish has no id"), new TargetKey(service, json.Text("environment") ?? ""),
            kind.Kind, json.Text("version"),
            json.Text("who") ?? "", json.Text("reason") ?? "", json.Text("from") ?? "", json.Time("at"))
        {
            IdempotencyKey = json.Text("idempotencyKey"),
            ExpectedGeneration = json.Number("expectedGeneration"),
            Vote = json["vote"] is JsonObject vote
                ? new Vote(vote.Text("gate") ?? "", vote.Text("rollout") ?? "", vote.Text("as") ?? "")
                : null,
        };
    }
}

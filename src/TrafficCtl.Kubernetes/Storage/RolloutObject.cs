using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>The Rollout object of a rollout, made of the state of record: writing it twice changes nothing.</summary>
internal static class RolloutObject
{
    public const string ServiceLabel = "trafficctl.io/service";

    /// <summary>The first fact and two hundred more.</summary>
    public const int MostFacts = 201, MostFactCharacters = 512 * 1024;

    public static JsonObject New(KubeName name, RolloutState state, JsonObject owner) => new()
    {
        ["apiVersion"] = KubeKind.Rollout.ApiVersion,
        ["kind"] = KubeKind.Rollout.Kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = name.Name,
            ["namespace"] = name.Namespace,
            ["labels"] = new JsonObject { [DeliveryJson.ManagedBy] = DeliveryJson.Us, [ServiceLabel] = owner.Meta("name") },
            ["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = KubeKind.Delivery.ApiVersion,
                ["kind"] = KubeKind.Delivery.Kind,
                ["name"] = owner.Meta("name"),
                ["uid"] = owner.Meta("uid"),
                ["controller"] = true,
            }),
        },
        ["spec"] = new JsonObject
        {
            ["service"] = owner.Meta("name"),
            ["environment"] = state.Environment,
            ["number"] = state.Number,
            ["id"] = state.Id,
            ["stable"] = state.Stable,
            ["candidate"] = state.Candidate,
            ["plan"] = new JsonObject
            {
                ["strategy"] = state.Plan.Strategy.ToString(),
                ["steps"] = new JsonArray([.. state.Plan.Steps.Take(100).Select(s => (JsonNode)Members.Cut(Words(s), 256))]),
                ["watch"] = Duration(state.Plan.Watch),
            },
        },
    };

    /// <summary>It is the object of this rollout, and not one that somebody else gave the same name.</summary>
    public static bool IsOf(JsonObject rollout, string id) => rollout.Object("spec")?.Text("id") == id;

    public static ImmutableArray<Fact> Facts(JsonObject rollout, TargetKey key) =>
        FactJson.Read(rollout.Object("status")?.List("facts"), key);

    /// <summary>The newest fact that it holds, or dropped for newer ones.</summary>
    public static long Sequence(JsonObject rollout) => rollout.Object("status")?.Number("sequence") ?? 0;

    public static string? Evidence(JsonObject rollout) => rollout.Object("status")?.Text("evidence");

    /// <summary>The object with the state's status; the same when nothing changes.</summary>
    /// <param name="rollout">As it is.</param>
    /// <param name="state">The state to be recorded.</param>
    /// <param name="facts">Those of the rollout in the Delivery; what it has already is left out.</param>
    /// <param name="evidence">Null leaves what is there.</param>
    /// <param name="now">The time.</param>
    public static JsonObject With(
        JsonObject rollout, RolloutState state, ImmutableArray<Fact> facts, StoredEvidence? evidence, DateTimeOffset now)
    {
        var written = rollout.DeepClone().AsObject();
        if (written["status"] is not JsonObject status) written["status"] = status = [];
        var sequence = Sequence(rollout);
        var added = facts.RemoveAll(f => f.RolloutId != state.Id || f.Seq <= sequence);
        if (!added.IsEmpty || status["facts"] is null)
        {
            var all = FactJson.Bound(Facts(rollout, state.Key).AddRange(added), MostFacts, MostFactCharacters);
            (status["facts"], status["sequence"]) = (FactJson.Write(all), Math.Max(sequence, added.IsEmpty ? 0 : added[^1].Seq));
        }

        Shown.Rollout(status, state, added, rollout.Generation(), now);
        if (state.Phase.IsFinal) evidence = Storage.StoredEvidence.None;
        if (evidence is null) return written;
        status.Set("evidence", evidence.Text);
        status.Set("evidenceAt", evidence.Text is null ? null : Members.Seconds(now));
        return written;
    }

    private static string Words(Step step)
    {
        var whom = step.Cohort is null ? "" : $" of {step.Cohort}";
        if (step.Shadow is { } shadow) return $"a {shadow} shadow for {Duration(step.Dwell)}";
        return $"{step.Weights}{whom} for {Duration(step.Dwell)}{(step.IsHoldback ? " (holdback)" : "")}";
    }

    /// <summary>As delivery files write it: the largest unit that it is a whole number of.</summary>
    private static string Duration(TimeSpan time)
    {
        var (count, unit) = time.Ticks switch
        {
            var t when t % TimeSpan.TicksPerSecond != 0 => (time.TotalMilliseconds, "ms"),
            var t when t == 0 || t % TimeSpan.TicksPerMinute != 0 => (time.TotalSeconds, "s"),
            var t when t % TimeSpan.TicksPerHour != 0 => (time.TotalMinutes, "m"),
            _ => (time.TotalHours, "h"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{count:0}{unit}");
    }

}

/// <param name="Text">Packed; null for none.</param>
internal sealed record StoredEvidence(string? Text)
{
    public static readonly StoredEvidence None = new((string?)null);
}

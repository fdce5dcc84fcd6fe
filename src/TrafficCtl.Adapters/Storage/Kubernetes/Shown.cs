using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Adapters.Storage.Kubernetes;

/// <summary>What <c>kubectl get</c> shows of a state: columns and conditions.</summary>
internal static class Shown
{
    /// <summary>Of a service without a rollout yet.</summary>
    private const string Idle = "Idle";

    public static void Delivery(JsonObject status, DeliveryState state, string? rollout, long generation, DateTimeOffset now)
    {
        if (state.Record is not { } record) return;
        var about = record.Active ?? state.Ended;
        status["stable"] = record.LastGood;
        status["phase"] = about?.Phase.Name ?? Idle;
        // The word about another rollout says nothing of this one.
        if (status.Text("rollout") != rollout) status.Remove("verdict");
        status.Set("candidate", about?.Candidate);
        status.Set("rollout", rollout);
        status.Set("weight", about is null ? null : Weight(about));
        // Facts of the active rollout go to its own object in time: what is left here is not the newest word on it.
        Words(status, state.Facts.RemoveAll(f => f.RolloutId != about?.Id), about?.Phase);
        if (generation > 0) status["observedGeneration"] = Math.Max(generation, status.Number("observedGeneration") ?? 0);
        Standing(status, about, record, generation, now);
    }

    /// <param name="generation">Of the object.</param>
    public static void Rollout(JsonObject status, RolloutState state, ImmutableArray<Fact> facts, long generation, DateTimeOffset now)
    {
        (status["phase"], status["weight"]) = (state.Phase.Name, Weight(state));
        // Where it stood when it went back is worth more than that it stands nowhere now.
        if (state.Phase.StepIn(state.Plan) is var step && (step >= 0 || status.Text("step") is null)) status["step"] = Step(state, step);
        (status["startedAt"], status["changedAt"]) = (Members.Seconds(state.StartedAt), Members.Seconds(state.ChangedAt));
        (status["generation"], status["observedGeneration"]) = (state.Generation, generation);
        Words(status, facts, state.Phase);
        Standing(status, state, null, generation, now);
    }

    /// <summary>Of a Delivery: no rollout is under way or has failed, and what is good is declared and served.</summary>
    /// <param name="status">With its phase and the other conditions; nothing is said of one that has no record yet.</param>
    /// <param name="generation">Of the object.</param>
    /// <param name="now">For what changes.</param>
    public static void Ready(JsonObject status, long generation, DateTimeOffset now)
    {
        if (status.Text("stable") is not { } stable || status.Text("phase") is not { } phase) return;
        var wrong = Conditions.WhyNot(status, Conditions.Accepted);
        if (wrong?.Reason != Conditions.NotDeclared) wrong = Conditions.WhyNot(status, Conditions.Serving);
        if (wrong is { } because)
            Conditions.Set(status, Conditions.Ready, false, because.Reason, because.Message, generation, now);
        else
            Conditions.Set(status, Conditions.Ready, phase is Idle or nameof(Phase.Good), phase, $"{stable} is stable", generation, now);
    }

    private static void Words(JsonObject status, ImmutableArray<Fact> facts, Phase? phase)
    {
        if (facts.LastOrDefault(f => f.Kind is "decided" or "born" or "state-lost") is not { } last) return;
        status["message"] = last.Text;
        if (facts.LastOrDefault(f => f.Kind == "decided") is not { } decided || RolloutJson.ReadFact(decided.Data).Judgement is not { } judged) return;
        // At 100 % there is nothing to compare with: what is looked for there is harm, and none takes nothing back of what was shown.
        if (judged.Verdict == Verdict.Unsure && phase is Phase.Baking or Phase.Good && status["verdict"] is not null) return;
        status["verdict"] = judged.Verdict.ToString().ToLowerInvariant();
    }

    /// <param name="status">To write into.</param>
    /// <param name="about">The newest rollout; null before the first.</param>
    /// <param name="record">Of a service; null where only the rollout is told of.</param>
    /// <param name="generation">Of the object.</param>
    /// <param name="now">For what changes.</param>
    private static void Standing(JsonObject status, RolloutState? about, ServiceRecord? record, long generation, DateTimeOffset now)
    {
        var phase = about?.Phase;
        var (reason, words) = (phase?.Name ?? Idle, status.Text("message") ?? "");
        var isStalled = phase is Phase.Paused or Phase.RolledBack or Phase.Aborted or Phase.Superseded;
        var isMoving = phase is { IsFinal: false } and not Phase.Paused;
        if (record is null) Conditions.Set(status, Conditions.Ready, phase is Phase.Good, reason, words, generation, now);
        else Ready(status, generation, now);
        Conditions.Set(status, Conditions.Reconciling, isMoving, reason, isMoving ? words : "", generation, now);
        Conditions.Set(status, Conditions.Stalled, isStalled, reason, isStalled ? words : "", generation, now);
    }

    /// <summary>The candidate's share as it is asked for, or as somebody else has set it.</summary>
    public static string Weight(RolloutState state, Drift? drift) => drift is { Found: { } found, Answer: not DriftAnswer.Correct }
        ? Members.Cut($"{found} (by {drift.Who}; {Weight(state)} is asked for)", 256)
        : Weight(state);

    private static string Weight(RolloutState state) => Members.Cut(Exposures.For(state.Plan, state.Phase).ToString(), 256);

    /// <summary>100 % is no step: it is where the last one leads.</summary>
    private static string Step(RolloutState state, int step) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Min(step + 1, state.Plan.Steps.Length)}/{state.Plan.Steps.Length}");
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>What <c>kubectl get</c> shows of a state: columns and conditions.</summary>
internal static class Shown
{
    /// <summary>The phase of a service without a rollout yet.</summary>
    private const string Idle = "Idle";

    /// <summary>Nothing was seen to run yet.</summary>
    private const string NothingServes = "NothingServes";

    /// <summary>The reason of Serving that only a person can mend.</summary>
    private const string ChangedInPlace = "ChangedInPlace";

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
        // What was said of an earlier rollout's version says nothing of this one's.
        if (about is { Phase.IsFinal: false }) Conditions.Remove(status, Conditions.Rejected);
        Standing(status, generation, now);
    }

    /// <param name="generation">The generation of the object.</param>
    public static void Rollout(JsonObject status, RolloutState state, ImmutableArray<Fact> facts, long generation, DateTimeOffset now)
    {
        (status["phase"], status["weight"]) = (state.Phase.Name, Weight(state));
        // Where it stood when it went back is worth more than that it stands nowhere now.
        if (state.Phase.StepIn(state.Plan) is var step && (step >= 0 || status.Text("step") is null)) status["step"] = Step(state, step);
        (status["startedAt"], status["changedAt"]) = (Members.Seconds(state.StartedAt), Members.Seconds(state.ChangedAt));
        (status["generation"], status["observedGeneration"]) = (state.Generation, generation);
        Words(status, facts, state.Phase);
        Standing(status, state, generation, now);
    }

    /// <summary>
    /// Writes the conditions of a Delivery: <c>Ready</c> where no rollout is under way, what is good is declared and served, and no
    /// version that was taken back is deployed still; <c>Stalled</c> where nothing goes on before a person does something;
    /// <c>Reconciling</c> else. GitOps tools read these three, and take an object without any of them for a good one.
    /// </summary>
    /// <param name="status">With its phase and the other conditions.</param>
    /// <param name="generation">The generation of the object.</param>
    /// <param name="now">For what changes.</param>
    public static void Standing(JsonObject status, long generation, DateTimeOffset now)
    {
        var (phase, words) = (status.Text("phase"), status.Text("message") ?? "");
        var stable = status.Text("stable");
        var reason = phase ?? (stable is null ? NothingServes : Idle);
        var wrong = Conditions.WhyNot(status, Conditions.Accepted);
        if (wrong?.Reason != Conditions.NotDeclared)
            wrong = Conditions.WhyNot(status, Conditions.Serving) ?? (stable is null ? wrong : null);
        var isTakenBack = IsTakenBack(phase);
        var isStanding = phase is Idle or nameof(Phase.Good) || (isTakenBack && Conditions.Is(status, Conditions.Rejected, false));
        if (wrong is { } because) Conditions.Set(status, Conditions.Ready, false, because.Reason, because.Message, generation, now);
        else if (stable is null) Conditions.Set(status, Conditions.Ready, false, reason, "nothing is known to serve yet", generation, now);
        else Conditions.Set(status, Conditions.Ready, isStanding, reason, $"{stable} is stable", generation, now);

        var stuck = Conditions.WhyNot(status, Conditions.Accepted);
        if (stuck is null && Conditions.WhyNot(status, Conditions.Serving) is { Reason: ChangedInPlace } changed) stuck = changed;
        if (stuck is null && (phase == nameof(Phase.Paused) || (isTakenBack && !isStanding))) stuck = (phase!, words);
        var isMoving = stuck is null && !isStanding;
        Conditions.Set(status, Conditions.Reconciling, isMoving, reason, isMoving ? words : "", generation, now);
        Conditions.Set(status, Conditions.Stalled, stuck is not null, stuck?.Reason ?? reason, stuck?.Message ?? "", generation, now);
    }

    /// <summary>The rollout ended without its candidate.</summary>
    private static bool IsTakenBack(string? phase) =>
        phase is nameof(Phase.RolledBack) or nameof(Phase.Aborted) or nameof(Phase.Superseded);

    private static void Words(JsonObject status, ImmutableArray<Fact> facts, Phase? phase)
    {
        if (facts.LastOrDefault(f => f.Kind is "decided" or "born" or "state-lost") is not { } last) return;
        status["message"] = last.Text;
        if (facts.LastOrDefault(f => f.Kind == "decided") is not { } decided
            || RolloutJson.ReadFact(decided.Data).Judgement is not { } judged)
            return;
        // At 100 % there is nothing to compare with: what is looked for there is harm, and none takes nothing back of what was shown.
        if (judged.Verdict == Verdict.Unsure && phase is Phase.Baking or Phase.Good && status["verdict"] is not null) return;
        status["verdict"] = judged.Verdict.ToString().ToLowerInvariant();
    }

    /// <summary>Writes the conditions of a Rollout, which ends where its phase does.</summary>
    private static void Standing(JsonObject status, RolloutState about, long generation, DateTimeOffset now)
    {
        var (phase, words) = (about.Phase, status.Text("message") ?? "");
        var isStalled = phase is Phase.Paused || IsTakenBack(phase.Name);
        var isMoving = phase is { IsFinal: false } and not Phase.Paused;
        Conditions.Set(status, Conditions.Ready, phase is Phase.Good, phase.Name, words, generation, now);
        Conditions.Set(status, Conditions.Reconciling, isMoving, phase.Name, isMoving ? words : "", generation, now);
        Conditions.Set(status, Conditions.Stalled, isStalled, phase.Name, isStalled ? words : "", generation, now);
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

using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Recording;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Replaying;

/// <summary>The verdict with which a step was left.</summary>
internal readonly record struct StepWord(int Step, DateTimeOffset At, Verdict Verdict, DateTimeOffset? Since);

/// <summary>One judge taken along the recorded course of a rollout, tick by tick and decision by decision.</summary>
/// <param name="plan">The rollout's.</param>
/// <param name="under">See <see cref="Replaying.Bench"/>.</param>
/// <param name="beside">The walk of the recorded judge, one event ahead; null when this is it.</param>
internal sealed class Walk(Plan plan, Func<Analysis, Analysis>? under, Walk? beside)
{
    private readonly Dictionary<int, StepWord> ended = [];
    private Phase phase = new Phase.Waiting("start");
    private DateTimeOffset? passSince;
    private DateTimeOffset? promotedAt;
    private DateTimeOffset lastAt;
    private ReplayOutcome? outcome;
    private int reached = -1;

    public Bench Bench { get; } = new(under);

    /// <summary>How the steps that were left were left.</summary>
    public IReadOnlyDictionary<int, StepWord> Ended => ended;

    /// <summary>The phase before the next event.</summary>
    public Phase Phase => phase;

    public bool NeedsPass(int step) => Population.Of(plan, new Phase.Shifting(step)).Comparison == Comparison.Concurrent;

    public void Decided(CourseEvent decision)
    {
        if (decision.Phase.IsExposed)
        {
            var to = decision.Phase.StepIn(plan);
            for (var step = Math.Max(0, reached); step < to; step++) Leave(step, decision.At);
            if (to > reached)
            {
                reached = to;
                passSince = null;
                Look(decision.At);
            }

            if (to >= plan.Steps.Length) promotedAt ??= decision.At;
        }

        phase = decision.Phase;
    }

    public void Absorb(in RecordedTick tick)
    {
        Bench.Absorb(tick);
        lastAt = tick.At;
        if (!phase.IsExposed || Bench.Judge is null) return;
        var verdict = Look(tick.At);
        if (outcome is { Word: ReplayWord.Held, PassesAfter: null } held && Bench.Judge.VerdictFor(NextOf(held.Step)) == Verdict.Pass)
            outcome = held with { PassesAfter = tick.At - held.At };
        if (outcome is not null || verdict != Verdict.Fail) return;
        var judgement = Bench.Judge.Decide(NextOf(reached));
        outcome = new ReplayOutcome(ReplayWord.RolledBack, tick.At, reached, judgement.Blame, null, judgement.Reason);
    }

    public ReplayOutcome Outcome()
    {
        if (outcome is not null) return outcome;
        if (promotedAt is { } promoted) return new ReplayOutcome(
            ReplayWord.Promoted, promoted, plan.Steps.Length, null, null,
            "passed wherever the rollout went on by its word, and never failed");
        return new ReplayOutcome(
            ReplayWord.Held, lastAt, reached, null, null, Bench.Judge?.Decide(NextOf(Math.Max(0, reached))).Reason ?? "nothing was judged");
    }

    /// <summary>The verdict now, and since when it is a pass.</summary>
    private Verdict Look(DateTimeOffset at)
    {
        var verdict = VerdictOn(reached);
        if (verdict != Verdict.Pass) passSince = null;
        else passSince ??= at;
        return verdict;
    }

    private void Leave(int step, DateTimeOffset at)
    {
        var verdict = VerdictOn(step);
        ended[step] = new StepWord(step, at, verdict, verdict == Verdict.Pass ? passSince ?? at : null);
        // Where the recorded judge did not pass either, a person or the plan went on without it: so they would have here.
        if (outcome is not null
            || verdict == Verdict.Pass
            || !NeedsPass(step)
            || beside is null
            || beside.Ended[step].Verdict != Verdict.Pass)
            return;
        outcome = new ReplayOutcome(
            ReplayWord.Held, at, step, null, null, Bench.Judge?.Decide(NextOf(step)).Reason ?? "nothing was judged yet");
    }

    private Verdict VerdictOn(int step) => Bench.Judge?.VerdictFor(NextOf(Math.Max(0, step))) ?? Verdict.Unsure;

    private Core.Routing.Weights NextOf(int step) => Exposures.Next(plan, new Phase.Shifting(step));
}

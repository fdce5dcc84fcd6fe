using System.Runtime.InteropServices;
using TrafficCtl.Control.Recording;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Recording;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>Gives a tick that is over to the judge, or to the past of stable where nothing is compared.</summary>
internal sealed class TickFeeder(WindowRecorder recorder)
{
    /// <param name="subject">Whose tick it is.</param>
    /// <param name="seen">The tick is dropped from it.</param>
    /// <param name="reading">The end of the tick.</param>
    /// <param name="start">When it began.</param>
    /// <param name="scratch">Holds what the tick's lens shows of the reading.</param>
    public void Feed(Subject subject, Observation seen, Reading reading, DateTimeOffset start, Scratch scratch)
    {
        var (running, evidence, analysis) = (seen.Tick, seen.Evidence, subject.Spec.Analysis);
        scratch.StableWindow.CopyFrom(scratch.Stable);
        scratch.StableWindow.Subtract(running.StableFrom);
        scratch.CandidateWindow.CopyFrom(scratch.Candidate);
        scratch.CandidateWindow.Subtract(running.CandidateFrom);
        if (reading.IsConcentrated)
        {
            scratch.StableWindow.CountAll();
            scratch.CandidateWindow.CountAll();
        }

        running.Drop();
        var seconds = (reading.At - start).TotalSeconds;
        var isIdle = !IsHeard(scratch.StableWindow) && !IsHeard(scratch.CandidateWindow);
        if (seconds <= 0 || (isIdle && reading.At - start < analysis.Tick - Absorber.Slack)) return;
        if (running.Lens.Comparison == Comparison.None)
        {
            if (isIdle) return;
            evidence.AbsorbPast(seconds, scratch.StableWindow, reading.StableUsers);
            return;
        }

        if (PathsOf(subject) is { } paths)
        {
            // An arm without a request on any route is recorded as zeros, and must be judged so.
            scratch.StableWindow.ByPath(paths.Count);
            scratch.CandidateWindow.ByPath(paths.Count);
        }

        var begins = WhyAnew(seen, analysis) is { } why ? Begin(seen, why, analysis, PathsOf(subject)) : null;
        var tick = TickOf(subject, running, reading, start, scratch);
        Give(evidence.Judge!, running.Lens.Comparison, tick);
        var generation = subject.Record?.Active?.Generation ?? 0;
        recorder.Record(evidence.Windows, new RecordedTick(
            reading.At, evidence.Ticks, running.Lens.Comparison, running.Lens.Cohort, generation, tick, begins));
        evidence.Grow();
        seen.Change();
    }

    private static Tick TickOf(Subject subject, RunningTick running, Reading reading, DateTimeOffset start, Scratch scratch) => new(
        (reading.At - start).TotalSeconds, scratch.StableWindow, scratch.CandidateWindow, running.Lens.Weights,
        reading.StableUsers, reading.CandidateUsers)
    {
        // Users of several populations have no one weight, and while the breaker asks stable the weight is not the asked one.
        IsSplitGuessed = reading.LimitedAt >= start || (subject.Record?.Active?.Plan.Steps.Any(static s => s.Cohort is not null) ?? true),
        Placebos = running.Lens.Population.IsCompared ? scratch.GroupWindows(running.GroupsFrom, reading.IsConcentrated) : null,
        IsUncapped = reading.IsConcentrated,
        Top = reading.Top,
        TopClient = reading.TopClient,
        Metrics = MetricsOf(reading, subject.Spec.Analysis),
        Paths = PathsOf(subject),
        StableFlow = reading.StableFlow - running.FlowFrom.Stable,
        CandidateFlow = reading.CandidateFlow - running.FlowFrom.Candidate,
    };

    /// <summary>Has the judge absorb a tick, compared with what it was.</summary>
    public static void Give(Judge judge, Comparison comparison, in Tick tick)
    {
        if (comparison == Comparison.Concurrent) judge.Observe(tick);
        else if (comparison == Comparison.HarmOnly) judge.ObserveHarm(tick);
        else if (comparison == Comparison.Shadow) judge.ObserveShadow(tick);
        else judge.ObserveHistorical(tick);
    }

    private static bool IsHeard(Counts window) => window.Requests != 0 || window.HasWaits;

    /// <summary>None when the source still reads those of another file.</summary>
    private static MetricPair[]? MetricsOf(Reading reading, Analysis analysis) =>
        reading.Metrics.IsDefaultOrEmpty || reading.Metrics.Length != analysis.Metrics.Length
            ? null
            : ImmutableCollectionsMarshal.AsArray(reading.Metrics);

    /// <summary>Why the judge at hand cannot go on; null when it can.</summary>
    private static BeginCause? WhyAnew(Observation seen, Analysis analysis)
    {
        var evidence = seen.Evidence;
        if (evidence.Judge is null && evidence.IsRebucketed) return BeginCause.Buckets;
        if (evidence.Judge is null) return evidence.Windows.Number == 0 ? BeginCause.First : BeginCause.Lost;
        if (evidence.Cohort != seen.Tick.Lens.Cohort) return BeginCause.Population;
        return evidence.Analysis != analysis ? BeginCause.Tolerances : null;
    }

    /// <summary>The rollout's route groups, unless its file says meanwhile that routes are not compared.</summary>
    private static PathGroups? PathsOf(Subject subject) =>
        subject.Spec.Analysis.Routes is null ? null : subject.Record?.Active?.Paths;

    private Beginning? Begin(Observation seen, BeginCause why, Analysis analysis, PathGroups? paths)
    {
        seen.Evidence.Use(new Judge(analysis, seen.Evidence.Baseline, paths), seen.Tick.Lens.Cohort, analysis);
        return recorder.Begin(seen.Evidence.Baseline, why, analysis);
    }
}

using System.Runtime.InteropServices;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Recording;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>Makes windows of readings, folds windows to ticks and gives the ticks to the judge.</summary>
/// <remarks>
/// A window is the difference of two readings, so the sum of a tick's windows is the difference of its ends: only the
/// tick's start is kept. A tick ends early when what is compared changes (unless it has only begun), and is dropped when the counters began anew.
/// The buffers are shared by all services: the loop observes one at a time.
/// </remarks>
internal sealed class Absorber(WindowRecorder recorder)
{
    /// <summary>A round may come a little early or late; a tick ends with the round nearest to its length.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(450);

    private readonly Scratches scratches = new();
    private Scratch scratch = new(LatencyLayout.Proxy);

    /// <param name="seen">Where it is kept.</param>
    /// <param name="subject">Whose counters they are.</param>
    /// <param name="reading">Null when nothing could be read.</param>
    /// <param name="clock">What became of the time of day since the round before.</param>
    /// <param name="now">This instant.</param>
    public void Absorb(Observation seen, Subject subject, Reading? reading, RolloutClock clock, Moment now)
    {
        var active = subject.Record?.Active;
        Own(seen, active, subject.Record?.LastGood);
        seen.IsClockSet |= clock.IsSet;
        if (clock.Jump != TimeSpan.Zero) seen.Settling.Shift(clock.Jump);
        if (reading is null || (seen.ReadAt > reading.At && seen.Source == reading.Source && !seen.IsClockSet))
        {
            seen.IsCurrent = seen.IsCurrent && reading is not null && Freshness.IsFresh(reading, now);
            return;
        }

        seen.Use(reading.Arms.IsDefaultOrEmpty ? LatencyLayout.None : reading.Arms[0].Counts.Layout);
        scratch = scratches.Of(seen.Layout);
        seen.Layout = scratch.Layout;
        // Also when the store came back only after the first reading: what it had saved is met now.
        var isResumed = seen.Resumed is not null && reading.RolloutId == active?.Id;
        var isFresh = active is not null && reading.RolloutId == active.Id && Freshness.IsFresh(reading, now);
        if (reading.Settle > TimeSpan.Zero && !isResumed && (seen.ReadAt, seen.Source, seen.RolloutId) == (reading.At, reading.Source, reading.RolloutId))
        {
            // It stands still between two scrapes: no tick, and no word on a split that it does not know.
            seen.IsCurrent = isFresh;
            seen.IsSettled &= ReferenceEquals(active?.Phase, seen.LensOf);
            return;
        }

        if (isResumed || seen.Source != reading.Source || seen.RolloutId != reading.RolloutId) seen.Begin(reading, active);
        else if (seen.IsClockSet) seen.Rebase();
        (seen.ReadAt, seen.IsClockSet) = (reading.At, false);
        seen.IsCurrent = isFresh;
        Fold(subject, seen, reading, seen.IsCurrent ? active : null, now);
        seen.Totals.Count(reading, scratch);
    }

    /// <summary>When the phase of a rollout last changed, by the time of day as it is now: the clock may have been set since.</summary>
    private static DateTimeOffset ChangeOf(RolloutState active, Moment now) => now.At - (now.Elapsed - active.ChangedAfter.GetValueOrDefault());

    /// <summary>Evidence belongs to one rollout, and the baseline to one stable version.</summary>
    private static void Own(Observation seen, RolloutState? active, string? lastGood)
    {
        if (seen.EvidenceOf != active?.Id)
        {
            seen.BeginEvidence(active?.Id, 0);
        }

        var stableVersion = active?.Stable ?? lastGood;
        if (stableVersion is null || seen.BaselineOf == stableVersion) return;
        if (seen.BaselineOf is not null) seen.Baseline = seen.Baseline.Next();
        seen.BaselineOf = stableVersion;
    }

    private void Fold(Subject subject, Observation seen, Reading reading, RolloutState? active, Moment now)
    {
        var cause = (object?)active?.Phase;
        if (!ReferenceEquals(cause, seen.LensOf) || (seen.TickStart is null && reading.Settle == TimeSpan.Zero))
        {
            var lens = active is null ? Lens.StableOnly : Lens.Of(active);
            if (reading.Settle > TimeSpan.Zero)
            {
                Follow(seen, reading, lens, cause, active is null ? reading.At : ChangeOf(active, now));
            }
            else
            {
                if (seen.TickStart is { } since && lens.Compared != seen.Lens.Compared) Turn(subject, seen, reading, lens, since);
                if (lens.Step != seen.Step) seen.Enter(lens.Step);
                (seen.Lens, seen.LensOf) = (lens, cause);
            }
        }

        seen.Lens.Sum(reading, scratch);
        var isOld = reading.Settle > TimeSpan.Zero && seen.Settling.IsBefore(reading.At);
        seen.IsSettled = reading.Settle == TimeSpan.Zero || seen.Settling.IsOver(reading.At);
        if (!isOld && !seen.IsSettled)
        {
            seen.TickStart = null;
            return;
        }

        if (!isOld) CountStep(seen, reading);
        var length = subject.Spec.Analysis.Tick;
        if (seen.TickStart is null) Start(seen, reading, reading.Settle > TimeSpan.Zero ? length : FirstLength(subject, length));
        if (reading.At - seen.TickStart!.Value < seen.TickLength - Slack) return;
        Feed(subject, seen, reading, seen.TickStart.Value);
        Start(seen, reading, length);
    }

    /// <summary>Longer by up to a tick less a second, so that the ticks of all services do not end together.</summary>
    private static TimeSpan FirstLength(Subject subject, TimeSpan length) =>
        length + (Beat.Period * (subject.Slot % Math.Max(1, (int)length.TotalSeconds)));

    /// <summary>Takes the new lens over when the readings have reached the change; until then they are of the old one.</summary>
    private static void Follow(Observation seen, Reading reading, Lens lens, object? cause, DateTimeOffset changedAt)
    {
        if (lens != seen.Lens || seen.LensOf is null)
        {
            seen.Settling.Changed(changedAt, reading.Settle);
            // The step is over, or not confirmed yet: none of what comes is counted for it.
            if (seen.Step >= 0 && lens.Step != seen.Step) seen.Enter(-1);
            if (seen.Settling.IsBefore(reading.At)) return;
            seen.TickStart = null;
            if (lens.Step != seen.Step) seen.Enter(lens.Step);
            seen.Lens = lens;
        }

        seen.Settling.Reached();
        seen.LensOf = cause;
    }

    /// <summary>Ends the running tick under the lens it was measured with; a short one goes on under another weight, and is else left out.</summary>
    private void Turn(Subject subject, Observation seen, Reading reading, Lens next, DateTimeOffset since)
    {
        if (reading.At - since < subject.Spec.Analysis.Tick / 2)
        {
            if (next.Population != seen.Lens.Population) seen.TickStart = null;
            return;
        }

        seen.Lens.Sum(reading, scratch);
        Feed(subject, seen, reading, since);
    }

    private void Feed(Subject subject, Observation seen, Reading reading, DateTimeOffset start)
    {
        scratch.StableWindow.CopyFrom(scratch.Stable);
        scratch.StableWindow.Subtract(seen.StableFrom);
        scratch.CandidateWindow.CopyFrom(scratch.Candidate);
        scratch.CandidateWindow.Subtract(seen.CandidateFrom);
        if (reading.IsConcentrated)
        {
            scratch.StableWindow.CountAll();
            scratch.CandidateWindow.CountAll();
        }

        seen.TickStart = null;
        var seconds = (reading.At - start).TotalSeconds;
        var isIdle = !IsHeard(scratch.StableWindow) && !IsHeard(scratch.CandidateWindow);
        if (seconds <= 0 || (isIdle && reading.At - start < subject.Spec.Analysis.Tick - Slack)) return;
        if (seen.Lens.Comparison == Comparison.None)
        {
            if (isIdle) return;
            seen.Baseline.Absorb(seconds, scratch.StableWindow, reading.StableUsers);
            return;
        }

        var analysis = subject.Spec.Analysis;
        var begins = WhyAnew(seen, analysis) is { } why ? Begin(seen, why, analysis) : null;
        var tick = new Tick(seconds, scratch.StableWindow, scratch.CandidateWindow, seen.Lens.Weights, reading.StableUsers, reading.CandidateUsers)
        {
            // Users of several populations have no one weight, and while the breaker asks stable the weight is not the asked one.
            IsSplitGuessed = reading.LimitedAt >= start || (subject.Record?.Active?.Plan.Steps.Any(static s => s.Cohort is not null) ?? true),
            Placebos = seen.Lens.Population.IsCompared ? scratch.GroupWindows(seen.GroupsFrom, reading.IsConcentrated) : null,
            IsUncapped = reading.IsConcentrated,
            Top = reading.Top,
            Metrics = MetricsOf(reading, analysis),
            StableFlow = reading.StableFlow - seen.FlowFrom.Stable,
            CandidateFlow = reading.CandidateFlow - seen.FlowFrom.Candidate,
        };
        if (seen.Lens.Comparison == Comparison.Concurrent) seen.Judge!.Observe(tick);
        else if (seen.Lens.Comparison == Comparison.HarmOnly) seen.Judge!.ObserveHarm(tick);
        else if (seen.Lens.Comparison == Comparison.Shadow) seen.Judge!.ObserveShadow(tick);
        else seen.Judge!.ObserveHistorical(tick);
        recorder.Record(seen.Windows, new RecordedTick(
            reading.At, seen.Ticks, seen.Lens.Comparison, seen.Lens.Cohort, subject.Record?.Active?.Generation ?? 0, tick, begins));
        seen.Ticks++;
        seen.IsUnsaved = true;
        seen.Judgement = null;
    }

    private static bool IsHeard(Counts window) => window.Requests != 0 || window.HasWaits;

    /// <summary>None when the source still reads those of another file.</summary>
    private static MetricPair[]? MetricsOf(Reading reading, Analysis analysis) =>
        reading.Metrics.IsDefaultOrEmpty || reading.Metrics.Length != analysis.Metrics.Length ? null : ImmutableCollectionsMarshal.AsArray(reading.Metrics);

    /// <summary>Why the judge at hand cannot go on; null when it can.</summary>
    private static BeginCause? WhyAnew(Observation seen, Analysis analysis)
    {
        if (seen.Judge is null) return seen.IsRebucketed ? BeginCause.Buckets : seen.Windows.Number == 0 ? BeginCause.First : BeginCause.Lost;
        if (seen.JudgeCohort != seen.Lens.Cohort) return BeginCause.Population;
        return seen.JudgeAnalysis != analysis ? BeginCause.Tolerances : null;
    }

    private Beginning? Begin(Observation seen, BeginCause why, Analysis analysis)
    {
        seen.Use(new Judge(analysis, seen.Baseline), seen.Lens.Cohort, analysis);
        return recorder.Begin(seen.Baseline, why, analysis);
    }

    private void Start(Observation seen, Reading reading, TimeSpan length)
    {
        (seen.TickStart, seen.TickLength) = (reading.At, length);
        seen.FlowFrom = (reading.StableFlow, reading.CandidateFlow);
        seen.StableFrom.CopyFrom(scratch.Stable);
        seen.CandidateFrom.CopyFrom(scratch.Candidate);
        scratch.KeepGroups(seen.GroupsFrom);
    }

    /// <summary>Of the candidate, since the step's weight was in force.</summary>
    private void CountStep(Observation seen, Reading reading)
    {
        if (seen.Step < 0) return;
        var requests = scratch.Candidate.Requests;
        if (seen.StepBase < 0) seen.StepBase = requests;
        var counted = seen.StepCarried + requests - seen.StepBase;
        if (counted == seen.StepRequests) return;
        seen.StepRequests = counted;
        // The table holds ten minutes of users, those of the step before too: no more users than requests.
        seen.StepUsers = Math.Max(seen.StepUsers, Math.Min(reading.CandidateUsers.Users, counted));
        seen.IsUnsaved = true;
    }
}

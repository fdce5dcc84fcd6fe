using TrafficCtl.Control.Timing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>Makes windows of readings, and folds windows to ticks.</summary>
/// <remarks>
/// A window is the difference of two readings, so the sum of a tick's windows is the difference of its ends: only the tick's start is
/// kept. A tick ends early when what is compared changes (unless it has only begun), and is dropped when the counters began anew.
/// The buffers are shared by all services: the loop observes one at a time.
/// </remarks>
internal sealed class Absorber(TickFeeder feeder)
{
    /// <summary>A round may come a little early or late; a tick ends with the round nearest to its length.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(450);

    private readonly Scratches scratches = new();
    private Scratch scratch = new(LatencyLayout.Proxy);

    /// <param name="seen">Where it is kept.</param>
    /// <param name="subject">Whose counters they are.</param>
    /// <param name="reading">Null when nothing could be read.</param>
    /// <param name="clock">What became of the time of day since the round before.</param>
    /// <param name="now">This instant.</param>
    public void Absorb(Observation seen, Subject subject, Reading? reading, RolloutClock clock, Moment now)
    {
        var (life, active) = (seen.Life, subject.Record?.Active);
        Own(seen, active, subject.Record?.LastGood);
        if (clock.IsSet) life.ClockWasSet();
        if (clock.Jump != TimeSpan.Zero) seen.Tick.Settling.Shift(clock.Jump);
        if (reading is null || life.IsOutrun(reading))
        {
            life.Stay(life.IsCurrent && reading is not null && Freshness.IsFresh(reading, now));
            return;
        }

        seen.Use(reading.Arms.IsDefaultOrEmpty ? LatencyLayout.None : reading.Arms[0].Counts.Layout);
        scratch = scratches.Of(seen.Evidence.Layout);
        seen.Evidence.Share(scratch.Layout);
        // Also when the store came back only after the first reading: what it had saved is met now.
        var isResumed = seen.Resumed is not null && reading.RolloutId == active?.Id;
        var isFresh = active is not null && reading.RolloutId == active.Id && Freshness.IsFresh(reading, now);
        if (reading.Settle > TimeSpan.Zero && !isResumed && life.StandsStill(reading))
        {
            // It stands still between two scrapes: no tick, and no word on a split that it does not know.
            life.Stay(isFresh);
            seen.Tick.Settle(seen.Tick.IsSettled && ReferenceEquals(active?.Phase, seen.Tick.LensOf));
            return;
        }

        if (isResumed || !life.GoesOn(reading)) seen.BeginLife(reading, active);
        else if (life.IsClockSet) seen.Rebase();
        life.Move(reading, isFresh);
        Fold(subject, seen, reading, isFresh ? active : null, now);
        seen.Totals.Count(reading, scratch);
    }

    /// <summary>When the phase of a rollout last changed, by the time of day as it is now: the clock may have been set since.</summary>
    private static DateTimeOffset ChangeOf(RolloutState active, Moment now) =>
        now.At - (now.Elapsed - active.ChangedAfter.GetValueOrDefault());

    /// <summary>Evidence belongs to one rollout, and the baseline to one stable version.</summary>
    private static void Own(Observation seen, RolloutState? active, string? lastGood)
    {
        if (seen.Evidence.Of != active?.Id) seen.BeginEvidence(active?.Id, 0);
        if ((active?.Stable ?? lastGood) is { } stable) seen.Evidence.Follow(stable);
    }

    private void Fold(Subject subject, Observation seen, Reading reading, RolloutState? active, Moment now)
    {
        var tick = seen.Tick;
        var lags = reading.Settle > TimeSpan.Zero;
        Focus(subject, seen, reading, active, now);
        tick.Lens.Sum(reading, scratch);
        var isOld = lags && tick.Settling.IsBefore(reading.At);
        tick.Settle(!lags || tick.Settling.IsOver(reading.At));
        if (!isOld && !tick.IsSettled)
        {
            tick.Drop();
            return;
        }

        // The candidate's requests since the step's weight was in force.
        if (!isOld && seen.Step.Count(scratch.Candidate.Requests, reading.CandidateUsers.Users)) seen.Change();
        var length = subject.Spec.Analysis.Tick;
        if (tick.Start is null) tick.Begin(reading, lags ? length : FirstLength(subject, length), scratch);
        if (reading.At - tick.Start!.Value < tick.Length - Slack) return;
        feeder.Feed(subject, seen, reading, tick.Start.Value, scratch);
        tick.Begin(reading, length, scratch);
    }

    /// <summary>Takes the lens of the present phase.</summary>
    private void Focus(Subject subject, Observation seen, Reading reading, RolloutState? active, Moment now)
    {
        var (tick, cause) = (seen.Tick, (object?)active?.Phase);
        var lags = reading.Settle > TimeSpan.Zero;
        if (ReferenceEquals(cause, tick.LensOf) && (tick.Start is not null || lags)) return;
        var lens = active is null ? Lens.StableOnly : Lens.Of(active);
        if (lags)
        {
            Follow(seen, reading, lens, cause, active is null ? reading.At : ChangeOf(active, now));
            return;
        }

        if (tick.Start is { } since && lens.Compared != tick.Lens.Compared) Turn(subject, seen, reading, lens, since);
        if (lens.Step != seen.Step.Step) seen.Enter(lens.Step);
        tick.Look(lens, cause);
    }

    /// <summary>Longer by up to a tick less a second, so that the ticks of all services do not end together.</summary>
    private static TimeSpan FirstLength(Subject subject, TimeSpan length) =>
        length + (Beat.Period * (subject.Slot % Math.Max(1, (int)length.TotalSeconds)));

    /// <summary>Takes the new lens over when the readings have reached the change; until then they are of the old one.</summary>
    private static void Follow(Observation seen, Reading reading, Lens lens, object? cause, DateTimeOffset changedAt)
    {
        var (tick, step) = (seen.Tick, seen.Step);
        if (lens != tick.Lens || tick.LensOf is null)
        {
            tick.Settling.Changed(changedAt, reading.Settle);
            // The step is over, or not confirmed yet: none of what comes is counted for it.
            if (step.Step >= 0 && lens.Step != step.Step) seen.Enter(-1);
            if (tick.Settling.IsBefore(reading.At)) return;
            tick.Drop();
            if (lens.Step != step.Step) seen.Enter(lens.Step);
            tick.Look(lens, tick.LensOf);
        }

        tick.Settling.Reached();
        tick.Keep(cause);
    }

    /// <summary>
    /// Ends the running tick under the lens it was measured with; a short one goes on under another weight, and is else left out.
    /// </summary>
    private void Turn(Subject subject, Observation seen, Reading reading, Lens next, DateTimeOffset since)
    {
        if (reading.At - since < subject.Spec.Analysis.Tick / 2)
        {
            if (next.Population != seen.Tick.Lens.Population) seen.Tick.Drop();
            return;
        }

        seen.Tick.Lens.Sum(reading, scratch);
        feeder.Feed(subject, seen, reading, since, scratch);
    }
}

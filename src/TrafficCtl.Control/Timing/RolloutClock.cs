using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Timing;

/// <summary>
/// How long a rollout has been under control: the monotonic time from round to round, added up over all processes that were in control of
/// it.
/// </summary>
/// <remarks>
/// Not counted is the time in which no process was in control (it was down, or another one was to lead and did not yet), and of a
/// gap between two rounds what is beyond <see cref="LongestGap"/>: the machine or the process stood still, and nobody watched.
/// </remarks>
internal sealed class RolloutClock
{
    /// <summary>Longer than a round that waits for a slow store, router or metrics backend, and than the pause after a fault.</summary>
    public static readonly TimeSpan LongestGap = TimeSpan.FromMinutes(1);

    private string? rollout;
    private TimeSpan saved;
    private Instant? last;

    /// <summary>How long the active rollout has run; zero without one.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>What the store holds of it is older.</summary>
    public bool IsUnsaved => rollout is not null && Elapsed > saved;

    /// <summary>By how much the time of day was set since the look before; zero when it was not.</summary>
    public TimeSpan Jump { get; private set; }

    /// <summary>The time of day jumped, or went back by however little: what was stamped before is not comparable.</summary>
    public bool IsSet { get; private set; }

    /// <summary>The part of the gap since the look before that is not counted.</summary>
    public TimeSpan StoodStill { get; private set; }

    /// <summary>Goes on from what the store holds; the time until the next look is not counted.</summary>
    /// <param name="active">As it is in the store.</param>
    /// <param name="checkpoint">The elapsed time in its newest checkpoint; null when that does not tell.</param>
    public void Resume(RolloutState active, TimeSpan? checkpoint)
    {
        var (changed, kept) = (active.ChangedAfter ?? TimeSpan.Zero, checkpoint ?? TimeSpan.Zero);
        (rollout, last) = (active.Id, null);
        Elapsed = saved = kept > changed ? kept : changed;
    }

    /// <summary>Counts what has passed since the look before. Once a round, before anything is decided in it.</summary>
    /// <param name="active">Null without an active rollout.</param>
    /// <param name="now">This instant.</param>
    public Moment Look(RolloutState? active, Instant now)
    {
        (Jump, IsSet, StoodStill) = (TimeSpan.Zero, false, TimeSpan.Zero);
        var gap = TimeSpan.Zero;
        if (last is { } before)
        {
            gap = now.Running - before.Running;
            Jump = now.JumpSince(before);
            IsSet = Jump != TimeSpan.Zero || now.At < before.At;
        }

        if (active is null) (rollout, Elapsed, saved) = (null, TimeSpan.Zero, TimeSpan.Zero);
        else if (active.Id != rollout) Resume(active, null);
        else Count(gap);
        last = now;
        return new Moment(now.At, Elapsed);
    }

    /// <summary>The store holds it.</summary>
    public void Saved() => saved = Elapsed;

    private void Count(TimeSpan gap)
    {
        var counted = gap < LongestGap ? gap : LongestGap;
        Elapsed += counted;
        StoodStill = gap - counted;
    }
}

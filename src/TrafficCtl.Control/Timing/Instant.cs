namespace TrafficCtl.Control.Timing;

/// <summary>One instant by both clocks of this process.</summary>
/// <param name="At">The time of day. It can be set, forward and back.</param>
/// <param name="Running">The monotonic clock, from an origin that means nothing: only differences count.</param>
internal readonly record struct Instant(DateTimeOffset At, TimeSpan Running)
{
    /// <summary>
    /// The two clocks may part by so much between two rounds; beyond it the time of day was set, or the machine was suspended.
    /// </summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How much further the time of day went than the monotonic clock, negative when it was set back; zero within <see cref="Tolerance"/>.
    /// </summary>
    public TimeSpan JumpSince(Instant before)
    {
        var jump = At - before.At - (Running - before.Running);
        return jump.Duration() > Tolerance ? jump : TimeSpan.Zero;
    }
}

internal static class Instants
{
    private const int MostTries = 8;

    /// <summary>Longer between the two readings is a pause of the process, which would look like a jump.</summary>
    private static readonly TimeSpan Together = TimeSpan.FromMilliseconds(200);

    public static Instant Now(this TimeProvider clock)
    {
        for (var tries = 1; ; tries++)
        {
            var (before, at, after) = (clock.Running(), clock.GetUtcNow(), clock.Running());
            if (after - before <= Together || tries == MostTries) return new Instant(at, after);
        }
    }

    /// <summary>The monotonic clock alone.</summary>
    public static TimeSpan Running(this TimeProvider clock) => clock.GetElapsedTime(0, clock.GetTimestamp());
}

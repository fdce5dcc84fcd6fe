namespace TrafficCtl.Kubernetes.Leading;

/// <summary>The last time at which the Lease was certainly held, by both clocks.</summary>
/// <param name="Timestamp">By the monotonic clock, which may stop while the machine is suspended.</param>
/// <param name="At">By the wall clock, which may be set.</param>
/// <param name="Term">The leader's term that was renewed.</param>
internal sealed record Renewal(long Timestamp, DateTimeOffset At, LeaderTerm Term)
{
    /// <summary>The age of the renewal, by the clock that advanced more.</summary>
    public TimeSpan Age(TimeProvider clock)
    {
        var (ran, passed) = (clock.GetElapsedTime(Timestamp), clock.GetUtcNow() - At);
        return ran > passed ? ran : passed;
    }
}

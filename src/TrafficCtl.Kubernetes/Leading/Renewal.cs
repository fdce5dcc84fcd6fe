namespace TrafficCtl.Kubernetes.Leading;

/// <summary>The last time that the Lease was surely held, by both clocks.</summary>
/// <param name="Timestamp">By the monotonic clock, which may stand still while the machine sleeps.</param>
/// <param name="At">By the time of day, which may be set.</param>
/// <param name="Term">That was renewed.</param>
internal sealed record Renewal(long Timestamp, DateTimeOffset At, LeaderTerm Term)
{
    /// <summary>How long ago, by the clock that says more.</summary>
    public TimeSpan Age(TimeProvider clock)
    {
        var (ran, passed) = (clock.GetElapsedTime(Timestamp), clock.GetUtcNow() - At);
        return ran > passed ? ran : passed;
    }
}

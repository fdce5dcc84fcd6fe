namespace TrafficCtl.Kubernetes.Caching;

/// <summary>Waits of 0.8 s, doubled to 30 s, each stretched by up to as much again so that not everybody comes back at once.</summary>
internal sealed class Backoff(Random random, TimeProvider clock)
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(0.8), Longest = TimeSpan.FromSeconds(30);

    /// <summary>After this long without a failure the waits begin anew.</summary>
    public static readonly TimeSpan Good = TimeSpan.FromMinutes(2);

    private TimeSpan next = First;
    private long? failedAt;

    /// <param name="asked">What the server asked for; it is never called sooner.</param>
    public TimeSpan Wait(TimeSpan? asked)
    {
        if (failedAt is { } last && clock.GetElapsedTime(last) - next > Good) next = First;
        failedAt = clock.GetTimestamp();
        var wait = next * (1 + random.NextDouble());
        next = next * 2 > Longest ? Longest : next * 2;
        return asked > wait ? asked.Value : wait;
    }
}

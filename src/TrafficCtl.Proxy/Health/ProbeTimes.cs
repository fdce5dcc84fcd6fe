namespace TrafficCtl.Proxy.Health;

/// <summary>When one of many endpoints is asked first and for the second time, so that thousands are not asked at one instant.</summary>
/// <param name="Place">Among those that begin together, from 0.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct ProbeTimes(int Place, int Count)
{
    /// <summary>So few are asked at once.</summary>
    public const int AtOnce = 200;

    /// <summary>First probes.</summary>
    public const int PerSecond = 5_000;

    /// <summary>All later ones: some are a twentieth of a processor, and requests are to have the rest.</summary>
    public const int MostPerSecond = 1_000;

    /// <summary>Between two probes of an endpoint, whatever it asks for, where so many are watched.</summary>
    public static TimeSpan LeastPause(int watched) => TimeSpan.FromSeconds(watched / (double)MostPerSecond);

    /// <summary>After the beginning.</summary>
    public TimeSpan Start => TimeSpan.FromTicks(Math.Max(0, Place + 1 - AtOnce) * (TimeSpan.TicksPerSecond / PerSecond));

    /// <summary>From then on the endpoints are spread evenly over the interval.</summary>
    public TimeSpan FirstPause(TimeSpan pause) => Count <= AtOnce ? pause : pause * ((Place + 1) / (double)Count);
}

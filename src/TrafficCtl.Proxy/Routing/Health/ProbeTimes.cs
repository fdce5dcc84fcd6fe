namespace TrafficCtl.Proxy.Routing.Health;

/// <summary>When one of many endpoints is asked first and for the second time, so that thousands are not asked at one instant.</summary>
/// <param name="Place">Among those that begin together, from 0.</param>
/// <param name="Count">Of them.</param>
internal readonly record struct ProbeTimes(int Place, int Count)
{
    /// <summary>So few are asked at once.</summary>
    public const int AtOnce = 200;

    /// <summary>First probes.</summary>
    public const int PerSecond = 10_000;

    /// <summary>Probes of endpoints that do not live, should none of them.</summary>
    private const int DeadPerSecond = 5_000;

    private static readonly TimeSpan Impatient = TimeSpan.FromSeconds(1);

    /// <summary>After which an endpoint that does not live is asked again, where so many are watched.</summary>
    public static TimeSpan ImpatienceOf(int watched) => Impatient * Math.Max(1, watched / (double)DeadPerSecond);

    /// <summary>After the beginning.</summary>
    public TimeSpan Start => TimeSpan.FromTicks(Math.Max(0, Place + 1 - AtOnce) * (TimeSpan.TicksPerSecond / PerSecond));

    /// <summary>From then on the endpoints are spread evenly over the interval.</summary>
    public TimeSpan FirstPause(TimeSpan pause) => Count <= AtOnce ? pause : pause * ((Place + 1) / (double)Count);
}

using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Estimates;

/// <summary>
/// A prediction of stable's rate before each tick, with a half-life of ten minutes. It steers the bets, never the verdict.
/// </summary>
/// <remarks>Statistics 3.2. The prior is (.5, 500) for errors and (.5, 50) for latency levels.</remarks>
internal sealed class RateEstimate
{
    public const double HalfLife = 600;

    /// <summary>The seconds of traffic that a steady estimate remembers.</summary>
    public const double Memory = HalfLife / 0.69314718055994530942;

    private readonly double a;
    private readonly double b;
    private double events;
    private double requests;
    private double factor;
    private double factorSeconds;

    /// <param name="a">Events of the prior.</param>
    /// <param name="b">Requests of the prior.</param>
    public RateEstimate(double a, double b) => (this.a, this.b, events, requests) = (a, b, a, b);

    public double Value => Math.Clamp(events / requests, 1e-6, 0.98);

    /// <summary>Begins from history, which weighs no more than what the estimate would remember of it.</summary>
    public void Begin(double pastEvents, double pastRequests, double pastSeconds)
    {
        var scale = pastSeconds > Memory ? Memory / pastSeconds : 1;
        events = a + (pastEvents * scale);
        requests = b + (pastRequests * scale);
    }

    public void Update(double x, double n, double seconds)
    {
        if (seconds != factorSeconds) (factorSeconds, factor) = (seconds, Math.Pow(0.5, seconds / HalfLife));
        events = (events * factor) + x + ((1 - factor) * a);
        requests = (requests * factor) + n + ((1 - factor) * b);
    }

    /// <summary>Goes on as another one of the same prior.</summary>
    public void CopyFrom(RateEstimate other) => (events, requests) = (other.events, other.requests);

    public void Save(StateWriter to)
    {
        to.Double(events);
        to.Double(requests);
    }

    public void Load(ref StateReader from)
    {
        events = from.Double();
        requests = from.Double();
    }
}

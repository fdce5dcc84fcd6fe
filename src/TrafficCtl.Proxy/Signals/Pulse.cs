namespace TrafficCtl.Proxy.Signals;

/// <summary>The few cumulative counters that are read every 250 ms.</summary>
/// <param name="Started">Requests that were dispatched.</param>
/// <param name="Ended">Those of them that are over.</param>
/// <param name="Requests">Those that count: answered well or badly, or abandoned late.</param>
/// <param name="Failures">Answered badly, or abandoned late.</param>
/// <param name="Late">Abandoned later than stable usually answers.</param>
/// <param name="Excess">How many of <paramref name="Requests"/> came from users who had met three failures in ten minutes before.</param>
/// <param name="Capped">How many of <paramref name="Failures"/> count, at three a user.</param>
/// <param name="Anonymous">Requests without a user.</param>
/// <param name="AnonymousFailures">Failures without one.</param>
internal record struct Pulse(
    long Started, long Ended, long Requests, long Failures, long Late, long Excess, long Capped, long Anonymous, long AnonymousFailures)
{
    /// <summary>With every user up to its third failure; as it is where nothing is capped.</summary>
    public readonly Pulse Weighed(bool isCapped)
    {
        if (!isCapped) return this;
        var requests = Math.Max(0, Requests - Excess);
        var failures = Math.Min(Capped, requests);
        return this with { Requests = requests, Failures = failures, Late = Math.Min(Late, failures) };
    }

    public static Pulse operator +(Pulse a, Pulse b) => new(
        a.Started + b.Started, a.Ended + b.Ended, a.Requests + b.Requests, a.Failures + b.Failures, a.Late + b.Late,
        a.Excess + b.Excess, a.Capped + b.Capped, a.Anonymous + b.Anonymous, a.AnonymousFailures + b.AnonymousFailures);

    public static Pulse operator -(Pulse a, Pulse b) => new(
        a.Started - b.Started, a.Ended - b.Ended, a.Requests - b.Requests, a.Failures - b.Failures, a.Late - b.Late,
        a.Excess - b.Excess, a.Capped - b.Capped, a.Anonymous - b.Anonymous, a.AnonymousFailures - b.AnonymousFailures);
}

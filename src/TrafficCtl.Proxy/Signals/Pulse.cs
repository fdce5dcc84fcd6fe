namespace TrafficCtl.Proxy.Signals;

/// <summary>The few cumulative counters that are read every 250 ms.</summary>
internal record struct Pulse(long Started, long Ended, long Requests, long Failures, long Anonymous, long AnonymousFailures)
{
    public static Pulse operator +(Pulse a, Pulse b) => new(
        a.Started + b.Started, a.Ended + b.Ended, a.Requests + b.Requests, a.Failures + b.Failures,
        a.Anonymous + b.Anonymous, a.AnonymousFailures + b.AnonymousFailures);

    public static Pulse operator -(Pulse a, Pulse b) => new(
        a.Started - b.Started, a.Ended - b.Ended, a.Requests - b.Requests, a.Failures - b.Failures,
        a.Anonymous - b.Anonymous, a.AnonymousFailures - b.AnonymousFailures);
}

using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Estimates;

/// <summary>Half an hour of the stable arm.</summary>
internal sealed class BaselineBlock(LatencyLayout layout)
{
    public const double FullSeconds = 1800;

    public double Seconds { get; private set; }

    public double Requests { get; private set; }

    public double Failures { get; private set; }

    public double UserErrors { get; private set; }

    public double UserSquares { get; private set; }

    public LatencyShape Latency { get; } = new(1 << 20, layout);

    public void Absorb(double seconds, Counts stable, UserCounts users)
    {
        var requests = Math.Max(0, stable.Weighed);
        Seconds += seconds;
        Requests += requests;
        Failures += Math.Clamp(stable.CappedFailures, 0, requests);
        UserErrors += users.Errors;
        UserSquares += users.SquaredErrors;
        Latency.Absorb(stable);
    }

    public void CopyFrom(BaselineBlock other)
    {
        (Seconds, Requests, Failures) = (other.Seconds, other.Requests, other.Failures);
        (UserErrors, UserSquares) = (other.UserErrors, other.UserSquares);
        Latency.CopyFrom(other.Latency);
    }

    public void Clear()
    {
        (Seconds, Requests, Failures, UserErrors, UserSquares) = (0, 0, 0, 0, 0);
        Latency.Clear();
    }

    public void Save(StateWriter to)
    {
        to.Doubles([Seconds, Requests, Failures, UserErrors, UserSquares]);
        Latency.Save(to);
    }

    public void Load(ref StateReader from)
    {
        (Seconds, Requests, Failures) = (from.Double(), from.Double(), from.Double());
        (UserErrors, UserSquares) = (from.Double(), from.Double());
        Latency.Load(ref from);
    }
}

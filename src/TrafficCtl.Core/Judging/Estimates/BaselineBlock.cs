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

    /// <summary>Requests of which it was told whether they were client errors.</summary>
    public double ClientRequests { get; private set; }

    public double ClientErrors { get; private set; }

    public double UserErrors { get; private set; }

    public double UserSquares { get; private set; }

    public LatencyShape Latency { get; } = new(1 << 20, layout);

    public void Absorb(double seconds, Counts stable, UserCounts users)
    {
        var requests = Math.Max(0, stable.Weighed);
        Seconds += seconds;
        Requests += requests;
        Failures += Math.Clamp(stable.CappedFailures, 0, requests);
        if (stable.TellsClientErrors)
        {
            var weighed = Math.Max(0, stable.WeighedClients);
            ClientRequests += weighed;
            ClientErrors += Math.Clamp(stable.CappedClientErrors, 0, weighed);
        }

        UserErrors += users.Errors;
        UserSquares += users.SquaredErrors;
        Latency.Absorb(stable);
    }

    public void CopyFrom(BaselineBlock other)
    {
        (Seconds, Requests, Failures) = (other.Seconds, other.Requests, other.Failures);
        (ClientRequests, ClientErrors) = (other.ClientRequests, other.ClientErrors);
        (UserErrors, UserSquares) = (other.UserErrors, other.UserSquares);
        Latency.CopyFrom(other.Latency);
    }

    public void Clear()
    {
        (Seconds, Requests, Failures, UserErrors, UserSquares) = (0, 0, 0, 0, 0);
        (ClientRequests, ClientErrors) = (0, 0);
        Latency.Clear();
    }

    public void Save(StateWriter to)
    {
        to.Doubles([Seconds, Requests, Failures, UserErrors, UserSquares]);
        to.MostlyWhole(ClientRequests);
        to.MostlyWhole(ClientErrors);
        Latency.Save(to);
    }

    public void Load(ref StateReader from)
    {
        (Seconds, Requests, Failures) = (from.Double(), from.Double(), from.Double());
        (UserErrors, UserSquares) = (from.Double(), from.Double());
        if (from.Layout >= Judge.LayoutWithClients) (ClientRequests, ClientErrors) = (from.MostlyWhole(), from.MostlyWhole());
        Latency.Load(ref from);
    }
}

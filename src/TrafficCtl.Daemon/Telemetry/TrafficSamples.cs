using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>What the proxy counted. The candidate's series begin with its first rollout.</summary>
internal static class TrafficSamples
{
    public static void Write(MetricText text, ServiceTotals totals)
    {
        var (service, environment) = (totals.Service, totals.Environment);
        Arm(text, service, environment, "stable", totals.Stable, totals.StableConnectRetries);
        if (totals.Route.Candidate is not null || totals.Candidate.Started > 0)
            Arm(text, service, environment, "candidate", totals.Candidate, totals.CandidateConnectRetries);
        text.Add(Metrics.Spilled, totals.Candidate.ByOutcome[(int)Outcome.Spill], service, environment);
        text.Add(Metrics.WeightApplied, totals.Effective.General.Fraction, service, environment, "candidate");
        text.Add(Metrics.WeightApplied, 1 - totals.Effective.General.Fraction, service, environment, "stable");
        text.Add(Metrics.BreakerLatched, totals.Latched ? 1 : 0, service, environment);
        text.Add(Metrics.BreakerTrips, totals.Trips, service, environment);
        text.Add(Metrics.BreakerAlarms, totals.Alarms, service, environment);
    }

    private static void Arm(MetricText text, string service, string environment, string arm, Counts counts, long connectRetries)
    {
        foreach (var outcome in Enum.GetValues<Outcome>())
            text.Add(Metrics.Requests, counts.ByOutcome[(int)outcome], service, environment, arm, outcome.Label());
        text.Add(Metrics.Duration, counts, service, environment, arm);
        text.Add(Metrics.InFlight, counts.InFlight, service, environment, arm);
        text.Add(Metrics.Bytes, counts.BytesIn, service, environment, arm, "in");
        text.Add(Metrics.Bytes, counts.BytesOut, service, environment, arm, "out");
        text.Add(Metrics.ConnectRetries, connectRetries, service, environment, arm);
    }
}

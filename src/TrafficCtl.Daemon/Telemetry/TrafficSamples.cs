using System.Collections.Immutable;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>What the proxy counted. The candidate's series begin with its first rollout.</summary>
internal static class TrafficSamples
{
    public static void Write(MetricText text, ServiceTotals totals)
    {
        var key = totals.Key;
        Arm(text, key, "stable", totals.Stable, totals.StableExamples, totals.StableConnectRetries);
        if (totals.Route.Candidate is not null || totals.Candidate.Started > 0)
            Arm(text, key, "candidate", totals.Candidate, totals.CandidateExamples, totals.CandidateConnectRetries);
        text.Add(Metrics.Spilled, totals.Candidate.ByOutcome[(int)Outcome.Spill], key);
        text.Add(Metrics.WeightApplied, totals.Effective.General.Fraction, key, "candidate");
        text.Add(Metrics.WeightApplied, 1 - totals.Effective.General.Fraction, key, "stable");
        text.Add(Metrics.BreakerLatched, totals.Latched ? 1 : 0, key);
        text.Add(Metrics.BreakerTrips, totals.Trips, key);
        text.Add(Metrics.BreakerAlarms, totals.Alarms, key);
    }

    private static void Arm(
        MetricText text, TargetKey key, string arm, Counts counts, ImmutableArray<TraceExample> examples, long connectRetries)
    {
        foreach (var outcome in Enum.GetValues<Outcome>())
            text.Add(Metrics.Requests, counts.ByOutcome[(int)outcome], key, arm, outcome.Label());
        // A status has a series from its first answer on: of sixteen most never come.
        for (var slot = 0; slot < ClientStatuses.Count; slot++)
            if (counts.ByStatus?[slot] is > 0 and var told) text.Add(Metrics.ClientErrors, told, key, arm, ClientStatuses.NameOf(slot));
        text.Add(Metrics.Duration, counts, examples, key, arm);
        text.Add(Metrics.InFlight, counts.InFlight, key, arm);
        text.Add(Metrics.Bytes, counts.BytesIn, key, arm, "in");
        text.Add(Metrics.Bytes, counts.BytesOut, key, arm, "out");
        text.Add(Metrics.ConnectRetries, connectRetries, key, arm);
    }
}

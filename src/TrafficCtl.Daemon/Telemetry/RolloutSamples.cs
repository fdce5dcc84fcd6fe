using System.Collections.Immutable;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>What Control knows of one service.</summary>
internal static class RolloutSamples
{
    /// <summary>The values of the label <c>phase</c>.</summary>
    public static readonly ImmutableArray<string> Phases =
    [
        nameof(Phase.Waiting), nameof(Phase.Shifting), nameof(Phase.Observing), nameof(Phase.Baking), nameof(Phase.Good),
        nameof(Phase.Paused),
        nameof(Phase.RollingBack), nameof(Phase.RolledBack), nameof(Phase.Superseded), nameof(Phase.Aborted),
    ];

    /// <summary>The proxy of this process splits; on a cluster the value is the route's dialect.</summary>
    private const string Embedded = "embedded";

    private const string Stable = "stable", Candidate = "candidate", Combined = "combined";

    /// <param name="text">Written to.</param>
    /// <param name="view">The view of the service.</param>
    /// <param name="age">The age of the view.</param>
    public static void Write(MetricText text, ServiceView view, TimeSpan age)
    {
        var key = view.Key;
        text.Add(Metrics.SampleAge, Math.Max(0, age.TotalSeconds), key);
        text.Add(Metrics.Warnings, view.Warnings.Length, key);
        text.Add(Metrics.StateLost, view.StateLost is null ? 0 : 1, key);
        Observed(text, view, key);
        if (view.Router is { } router)
        {
            Endpoints(text, router.Stable, key, Stable);
            if (router.Route.Candidate is not null) Endpoints(text, router.Candidate, key, Candidate);
        }

        if (view.Newest is { } rollout) Rollout(text, view, rollout, key, BackendOf(view.Spec.Target as ClusterTarget));
        else Desired(text, 0, key);
        if (view.Seen?.Judgement is { } judgement) Evidence(text, judgement, key);
    }

    /// <summary>What moves the traffic: of several kinds of routes each once, in the order of the declaration.</summary>
    private static string BackendOf(ClusterTarget? target) =>
        target is null ? Embedded : string.Join(",", target.Routes.Select(r => r.Route.Dialect).Distinct(StringComparer.Ordinal));

    private static void Observed(MetricText text, ServiceView view, TargetKey key)
    {
        text.Add(Metrics.Samples, view.Stable.Requests, key, Stable);
        text.Add(Metrics.Samples, view.Candidate.Requests, key, Candidate);
        var rate = view.Stable.RequestsPerSecond + view.Candidate.RequestsPerSecond;
        // A copy is no part of anybody's share.
        if (!(rate > 0) || view.Router?.EffectiveExposure.Shadow is not null) return;
        text.Add(Metrics.WeightObserved, view.Stable.RequestsPerSecond / rate, key, Stable);
        text.Add(Metrics.WeightObserved, view.Candidate.RequestsPerSecond / rate, key, Candidate);
    }

    private static void Endpoints(MetricText text, ArmHealth health, TargetKey key, string arm)
    {
        text.Add(Metrics.Endpoints, health.Endpoints, key, arm);
        text.Add(Metrics.EndpointsLive, health.Live, key, arm);
    }

    private static void Rollout(MetricText text, ServiceView view, RolloutState state, TargetKey key, string backend)
    {
        text.Add(
            Metrics.RolloutInfo, 1, key, state.Id, state.Stable, state.Candidate, StrategyName(state.Plan.Strategy), backend);
        foreach (var phase in Phases) text.Add(Metrics.RolloutPhase, phase == state.Phase.Name ? 1 : 0, key, phase);
        text.Add(Metrics.RolloutStarted, MetricText.Timestamp(state.StartedAt), key);
        text.Add(Metrics.RolloutChanged, MetricText.Timestamp(state.ChangedAt), key);
        text.Add(Metrics.RolloutSteps, state.Plan.Steps.Length, key);
        text.Add(Metrics.RolloutStep, StepOf(state), key);
        Desired(text, Exposures.RouteFor(state).Exposure.General.Fraction, key);
        if (EarliestEnd(view, state) is { } end) text.Add(Metrics.StepEnds, MetricText.Timestamp(end), key);
    }

    private static void Desired(MetricText text, double candidate, TargetKey key)
    {
        text.Add(Metrics.WeightDesired, 1 - candidate, key, Stable);
        text.Add(Metrics.WeightDesired, candidate, key, Candidate);
    }

    private static int StepOf(RolloutState state) => Where(state.Phase) switch
    {
        Phase.Shifting at => at.Step + 1,
        Phase.Observing at => at.Step + 1,
        Phase.Baking or Phase.Good => state.Plan.Steps.Length + 1,
        _ => 0,
    };

    /// <summary>By the time of day as it is now; a later step of the clock, or a restart, moves it.</summary>
    private static DateTimeOffset? EarliestEnd(ServiceView view, RolloutState state) => state.Phase switch
    {
        Phase.Observing at when at.Step < state.Plan.Steps.Length => view.At + (at.From + state.Plan.Steps[at.Step].Dwell - view.Elapsed),
        Phase.Baking at => view.At + (at.From + state.Plan.Watch - view.Elapsed),
        _ => null,
    };

    private static Phase Where(Phase phase) => phase is Phase.Paused paused ? Where(paused.At) : phase;

    private static string StrategyName(Strategy strategy) => strategy switch
    {
        Strategy.Canary => "canary",
        Strategy.BlueGreen => "blue-green",
        Strategy.AllAtOnce => "all-at-once",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static void Evidence(MetricText text, Judgement judgement, TargetKey key)
    {
        Known(text, Metrics.EvidenceValue, Math.Log(judgement.Evidence), key, Combined);
        Known(text, Metrics.EvidenceBound, Math.Log(judgement.Bound), key, Combined);
        text.Add(Metrics.Verdict, (int)judgement.Verdict, key, Combined);
        foreach (var finding in judgement.Findings)
        {
            Known(text, Metrics.EvidenceValue, finding.Evidence, key, finding.Signal);
            Known(text, Metrics.EvidenceBound, finding.Bound, key, finding.Signal);
            text.Add(Metrics.Verdict, (int)finding.Verdict, key, finding.Signal);
            Known(text, Metrics.Comparison, finding.Estimate, key, finding.Signal, "estimate");
            Known(text, Metrics.Comparison, finding.Low, key, finding.Signal, "low");
            Known(text, Metrics.Comparison, finding.High, key, finding.Signal, "high");
        }
    }

    /// <summary>What is not known is absent: a gap in a graph, never a number.</summary>
    private static void Known(MetricText text, Metric metric, double value, TargetKey key, params ReadOnlySpan<string> labels)
    {
        if (double.IsFinite(value)) text.Add(metric, value, key, labels);
    }
}

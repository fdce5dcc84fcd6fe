using System.Collections.Immutable;
using TrafficCtl.Control;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>What Control knows of one service.</summary>
internal static class RolloutSamples
{
    /// <summary>The values of the label <c>phase</c>.</summary>
    public static readonly ImmutableArray<string> Phases =
    [
        nameof(Phase.Waiting), nameof(Phase.Shifting), nameof(Phase.Observing), nameof(Phase.Baking), nameof(Phase.Good), nameof(Phase.Paused),
        nameof(Phase.RollingBack), nameof(Phase.RolledBack), nameof(Phase.Superseded), nameof(Phase.Aborted),
    ];

    /// <summary>The proxy of this process splits; on a cluster the value is the route's dialect.</summary>
    private const string Embedded = "embedded";

    private const string Stable = "stable", Candidate = "candidate", Combined = "combined";

    /// <param name="text">Written to.</param>
    /// <param name="view">Of the service.</param>
    /// <param name="age">Of the view.</param>
    public static void Write(MetricText text, ServiceView view, TimeSpan age)
    {
        var (service, environment) = (view.Spec.Service, view.Spec.Environment);
        text.Add(Metrics.SampleAge, Math.Max(0, age.TotalSeconds), service, environment);
        text.Add(Metrics.Warnings, view.Warnings.Length, service, environment);
        text.Add(Metrics.StateLost, view.StateLost is null ? 0 : 1, service, environment);
        Observed(text, view, service, environment);
        if (view.Router is { } router)
        {
            Endpoints(text, router.Stable, service, environment, Stable);
            if (router.Route.Candidate is not null) Endpoints(text, router.Candidate, service, environment, Candidate);
        }

        if (view.Newest is { } rollout) Rollout(text, view, rollout, service, environment, BackendOf(view.Spec.Cluster));
        else Desired(text, 0, service, environment);
        if (view.Seen?.Judgement is { } judgement) Evidence(text, judgement, service, environment);
    }

    /// <summary>What moves the traffic: of several kinds of routes each once, in the order of the declaration.</summary>
    private static string BackendOf(ClusterTarget? target) =>
        target is null ? Embedded : string.Join(",", target.Routes.Select(r => r.Route.Dialect).Distinct(StringComparer.Ordinal));

    private static void Observed(MetricText text, ServiceView view, string service, string environment)
    {
        text.Add(Metrics.Samples, view.Stable.Requests, service, environment, Stable);
        text.Add(Metrics.Samples, view.Candidate.Requests, service, environment, Candidate);
        var rate = view.Stable.RequestsPerSecond + view.Candidate.RequestsPerSecond;
        // A copy is no part of anybody's share.
        if (!(rate > 0) || view.Router?.EffectiveExposure.Shadow is not null) return;
        text.Add(Metrics.WeightObserved, view.Stable.RequestsPerSecond / rate, service, environment, Stable);
        text.Add(Metrics.WeightObserved, view.Candidate.RequestsPerSecond / rate, service, environment, Candidate);
    }

    private static void Endpoints(MetricText text, ArmHealth health, string service, string environment, string arm)
    {
        text.Add(Metrics.Endpoints, health.Endpoints, service, environment, arm);
        text.Add(Metrics.EndpointsLive, health.Live, service, environment, arm);
    }

    private static void Rollout(MetricText text, ServiceView view, RolloutState state, string service, string environment, string backend)
    {
        text.Add(
            Metrics.RolloutInfo, 1, service, environment, state.Id, state.Stable, state.Candidate, StrategyName(state.Plan.Strategy), backend);
        foreach (var phase in Phases) text.Add(Metrics.RolloutPhase, phase == state.Phase.Name ? 1 : 0, service, environment, phase);
        text.Add(Metrics.RolloutStarted, MetricText.Timestamp(state.StartedAt), service, environment);
        text.Add(Metrics.RolloutChanged, MetricText.Timestamp(state.ChangedAt), service, environment);
        text.Add(Metrics.RolloutSteps, state.Plan.Steps.Length, service, environment);
        text.Add(Metrics.RolloutStep, StepOf(state), service, environment);
        Desired(text, Exposures.RouteFor(state).Exposure.General.Fraction, service, environment);
        if (EarliestEnd(view, state) is { } end) text.Add(Metrics.StepEnds, MetricText.Timestamp(end), service, environment);
    }

    private static void Desired(MetricText text, double candidate, string service, string environment)
    {
        text.Add(Metrics.WeightDesired, 1 - candidate, service, environment, Stable);
        text.Add(Metrics.WeightDesired, candidate, service, environment, Candidate);
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

    private static void Evidence(MetricText text, Judgement judgement, string service, string environment)
    {
        Known(text, Metrics.EvidenceValue, Math.Log(judgement.Evidence), service, environment, Combined);
        Known(text, Metrics.EvidenceBound, Math.Log(judgement.Bound), service, environment, Combined);
        text.Add(Metrics.Verdict, (int)judgement.Verdict, service, environment, Combined);
        foreach (var finding in judgement.Findings)
        {
            Known(text, Metrics.EvidenceValue, finding.Evidence, service, environment, finding.Signal);
            Known(text, Metrics.EvidenceBound, finding.Bound, service, environment, finding.Signal);
            text.Add(Metrics.Verdict, (int)finding.Verdict, service, environment, finding.Signal);
            Known(text, Metrics.Comparison, finding.Estimate, service, environment, finding.Signal, "estimate");
            Known(text, Metrics.Comparison, finding.Low, service, environment, finding.Signal, "low");
            Known(text, Metrics.Comparison, finding.High, service, environment, finding.Signal, "high");
        }
    }

    /// <summary>What is not known is absent: a gap in a graph, never a number.</summary>
    private static void Known(MetricText text, Metric metric, double value, params ReadOnlySpan<string> labels)
    {
        if (double.IsFinite(value)) text.Add(metric, value, labels);
    }
}

using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.V1;
using Fact = TrafficCtl.Control.Ports.Fact;

namespace TrafficCtl.Daemon.Api;

/// <summary>A service's view as a message.</summary>
internal static class StatusMessages
{
    /// <param name="view">What the control loop last published.</param>
    /// <param name="listen">The listener's address as bound; null when it is not.</param>
    /// <param name="recent">The newest facts, newest first.</param>
    /// <param name="elapsed">The elapsed time of the active rollout at the instant of asking.</param>
    public static ServiceStatus Of(ServiceView view, Uri? listen, ImmutableArray<Fact> recent, TimeSpan elapsed)
    {
        var spec = view.Spec;
        var lastGood = view.Record?.LastGood ?? view.Router?.Route.Stable ?? spec.Stable;
        var status = new ServiceStatus
        {
            Service = spec.Service,
            Environment = spec.Environment,
            Target = view.Key.IsOfDefaultTarget ? "" : view.Key.Target,
            LastGood = lastGood,
            FileStable = !spec.Target.NamesVersions || view.Record is null || spec.Stable == lastGood ? "" : spec.Stable,
            Listen = listen?.GetLeftPart(UriPartial.Authority) ?? spec.Target.Entrance,
            At = view.At.ToTimestamp(),
            Serving = view.Router is { } router ? InForce.Of(router) : null,
            Unknown = view.RecordTrouble ?? "",
            Generation = view.Record?.Generation ?? 0,
        };
        status.Versions.AddRange(spec.Versions.Where(v => !v.IsRetained).Select(v => v.Version));
        if (spec.Target.NamesVersions) status.Listed.AddRange(spec.Versions.Select(ListedOf));
        status.Warnings.AddRange(view.Warnings);
        if (view.Router?.Withheld is { } withheld && !view.Warnings.Contains(withheld)) status.Warnings.Add(withheld);
        status.Notes.AddRange(view.Notes);
        status.Recent.AddRange(recent.Select(FactMessages.Of));

        var active = view.Newest is { Phase.IsFinal: false } ? view.Newest : null;
        // A mesh confirms late what changes no traffic: between rollouts the record knows who serves.
        var stable = view.Router?.StandIn ?? active?.Stable ?? view.Record?.LastGood ?? view.Router?.Route.Stable ?? lastGood;
        status.Serves = stable;
        status.Stable = OfArm(view, stable, view.Router?.Stable, view.Stable);
        if (active is not null)
        {
            status.Candidate = OfArm(view, active.Candidate, view.Router?.Candidate, view.Candidate);
            status.Rollout = OfRollout(view, active, elapsed);
        }
        else if (view.Newest is not null)
        {
            status.Previous = OfRollout(view, view.Newest, elapsed);
        }
        else if (view is { Record: null, RecordTrouble: { } trouble, Router: { Route.Candidate: { } candidate } served })
        {
            status.Candidate = OfArm(view, candidate, served.Candidate, view.Candidate);
            status.Rollout = InForce.Unread(served, trouble);
        }

        return status;
    }

    private static ListedVersion ListedOf(VersionSpec version)
    {
        var listed = new ListedVersion { Version = version.Version, Retained = version.IsRetained };
        listed.Endpoints.AddRange(version.Endpoints.Select(e => e.AbsoluteUri));
        return listed;
    }

    /// <summary>What nobody has measured yet is missing, and so are ratios and quantiles of no requests.</summary>
    private static ArmStatus OfArm(ServiceView view, string version, ArmHealth? health, ArmRates rates)
    {
        var arm = new ArmStatus { Version = version };
        if ((health?.Endpoints ?? view.Spec.FindVersion(version)?.Endpoints.Length) is { } endpoints) arm.Endpoints = endpoints;
        if (health is { Live: var live }) arm.Live = live;
        if (view.SampledAt is null) return arm;
        (arm.RequestsPerSecond, arm.InFlight) = (rates.RequestsPerSecond, rates.InFlight);
        (arm.Requests, arm.Failures) = (rates.Requests, rates.Failures);
        if (rates.RequestsPerSecond > 0) arm.ErrorRatio = rates.ErrorRatio;
        if (rates.P50Seconds > 0) arm.P50Seconds = rates.P50Seconds;
        if (rates.P99Seconds > 0) arm.P99Seconds = rates.P99Seconds;
        return arm;
    }

    private static RolloutStatus OfRollout(ServiceView view, RolloutState state, TimeSpan elapsed)
    {
        var plan = state.Plan;
        var asked = Exposures.For(plan, state.Phase);
        var effective = view.Router is { } router && router.Route.RolloutId == state.Id ? router.EffectiveExposure : null;
        if (effective is null && asked.General == Weights.AllStable) effective = asked; // Nothing was asked of it, so it has nothing.
        var judgement = state.Phase.IsFinal ? null : view.Seen?.Judgement;
        var step = StepOf(plan, state.Phase);
        var status = new RolloutStatus
        {
            Id = state.Id,
            Stable = state.Stable,
            Candidate = state.Candidate,
            Phase = state.Phase.Name,
            InHoldback = state.Phase is Phase.Observing or Phase.Paused && plan.Steps.ElementAtOrDefault(step - 1) is { IsHoldback: true },
            Steps = plan.Steps.Length,
            Weight = asked.General.Candidate,
            Shadow = asked.Shadow.GetValueOrDefault().Candidate,
            StartedAt = state.StartedAt.ToTimestamp(),
            ChangedAt = state.ChangedAt.ToTimestamp(),
            Reason = ReasonOf(view, state),
            Judgement = judgement is null ? null : JudgementMessages.Of(judgement),
            Forecast = judgement?.Forecast is { } forecast ? Duration.FromTimeSpan(forecast) : null,
            Breaker = view.Router?.Trip is { } trip && trip.RolloutId == state.Id ? trip.Why : "",
            Remaining = Waits.Remaining(plan, state.Phase, elapsed) is { } left ? Duration.FromTimeSpan(left) : null,
            InPhase = state.Phase.IsFinal ? null : Duration.FromTimeSpan(elapsed - state.ChangedAfter.GetValueOrDefault()),
        };
        if (step > 0) status.Step = step;
        if (state.Author is { } author) status.Author = author;
        if (!state.Phase.IsFinal) status.Gates.AddRange(GateMessages.Of(view.Spec, view.Seen));
        if (effective is not null) status.EffectiveWeight = effective.General.Candidate;
        status.Cohorts.AddRange(asked.Cohorts.Select(c => new CohortWeight { Cohort = c.Cohort, Weight = c.Weights.Candidate }));
        status.WaitsFor.AddRange(Waits.For(plan, state.Phase, view.Seen, elapsed, view.Router?.WaitsFor));
        status.Plan.AddRange(plan.Steps.Select(s => s.Weights.Candidate));
        status.Plan.Add(Weights.Total);
        status.PlanShadows.AddRange(plan.Steps.Select(s => s.Shadow.GetValueOrDefault().Candidate));
        status.PlanShadows.Add(0);
        return status;
    }

    /// <summary>The last decision's words while it is about this state; else what the phase itself says.</summary>
    private static string ReasonOf(ServiceView view, RolloutState state) =>
        view.LastDecision is { } last && last.Next.Id == state.Id
            ? last.Reason
            : state.Phase switch
            {
                Phase.Waiting at => at.Gate,
                Phase.Paused at => at.Why,
                Phase.RollingBack at => at.Why,
                Phase.RolledBack at => at.Why,
                Phase.Superseded at => $"superseded by {at.By}",
                Phase.Aborted at => at.Why,
                _ => "",
            };

    /// <summary>1-based; 0 before the first step and after the end; steps + 1 means 100 %.</summary>
    private static int StepOf(Plan plan, Phase phase) => phase switch
    {
        Phase.Shifting at => at.Step + 1,
        Phase.Observing at => at.Step + 1,
        Phase.Baking or Phase.Good => plan.Steps.Length + 1,
        Phase.Paused at => StepOf(plan, at.At),
        _ => 0,
    };
}

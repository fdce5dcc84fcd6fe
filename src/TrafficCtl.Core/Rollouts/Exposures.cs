using System.Collections.Immutable;
using System.Diagnostics;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Rollouts;

/// <summary>Weights as a function of plan and state.</summary>
public static class Exposures
{
    /// <summary>
    /// Who is exposed in this phase. Cohorts of earlier steps keep the share they reached; cohorts of later steps wait at 0.
    /// </summary>
    public static Exposure For(Plan plan, Phase phase) => phase switch
    {
        Phase.Waiting => Exposure.None,
        Phase.Shifting at => OfStep(plan, at.Step),
        Phase.Observing at => OfStep(plan, at.Step),
        Phase.Baking or Phase.Good => Exposure.All,
        Phase.Paused paused => For(plan, paused.At),
        Phase.RollingBack or Phase.RolledBack or Phase.Superseded or Phase.Aborted => Exposure.None,
        _ => throw new UnreachableException(),
    };

    /// <summary>What the router is to be told about an active or just ended rollout.</summary>
    public static ServiceRoute RouteFor(RolloutState state) => state.Phase switch
    {
        Phase.Good => ServiceRoute.Idle(state.Key, state.Generation, state.Candidate),
        { IsFinal: true } => ServiceRoute.Idle(state.Key, state.Generation, state.Stable),
        var phase => new ServiceRoute(
            state.Key, state.Generation, state.Stable, state.Candidate, state.Id, For(state.Plan, phase))
        { Paths = state.Paths },
    };

    /// <summary>The weight that the judge is asked about: of the step after <paramref name="phase"/>, in that step's population.</summary>
    public static Weights Next(Plan plan, Phase phase)
    {
        var next = phase.StepIn(plan) + 1;
        return next < plan.Steps.Length ? plan.Steps[next].Weights : Weights.AllCandidate;
    }

    /// <summary>After the cohort's last step the general weight may overtake it; until then it may not.</summary>
    private static Exposure OfStep(Plan plan, int step)
    {
        if (step >= plan.Steps.Length) return Exposure.All;
        var general = Reached(plan, null, step);
        var cohorts = ImmutableArray.CreateBuilder<CohortWeights>();
        foreach (var named in plan.Steps)
        {
            if (named.Cohort is not { } cohort || cohorts.Any(c => c.Cohort == cohort)) continue;
            var own = Reached(plan, cohort, step);
            var isOver = !plan.Steps.Skip(step).Any(s => s.Cohort == cohort);
            cohorts.Add(new CohortWeights(cohort, isOver && general > own ? general : own));
        }

        return new Exposure(general, cohorts.ToImmutable()) { Shadow = plan.Steps[step].Shadow };
    }

    private static Weights Reached(Plan plan, string? cohort, int step)
    {
        for (var i = step; i >= 0; i--)
            if (plan.Steps[i].Cohort == cohort) return plan.Steps[i].Weights;
        return Weights.AllStable;
    }
}

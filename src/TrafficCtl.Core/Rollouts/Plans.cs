using System.Collections.Immutable;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Rollouts;

/// <summary>One entry of a <c>rollout</c> list: rising weights of everybody or of one cohort, or a shadow.</summary>
/// <param name="Cohort">Null for everybody not in a named cohort.</param>
/// <param name="Weights">At least one; none for a shadow.</param>
/// <param name="Dwell">The dwell of each weight; null for the default.</param>
/// <param name="AtLeast">The evidence that each weight needs; null for the plan's, and for a shadow that means none.</param>
public sealed record Stage(string? Cohort, ImmutableArray<Weights> Weights, TimeSpan? Dwell = null, MinimumEvidence? AtLeast = null)
{
    /// <summary>The share of requests that the candidate gets a copy of; null for a stage that exposes users.</summary>
    public Weights? Shadow { get; init; }
}

/// <summary>What is wrong with a list of stages.</summary>
/// <param name="Stage">Index of the stage.</param>
/// <param name="Weight">Index of the weight inside it; null when it is about the stage.</param>
public sealed record PlanProblem(int Stage, int? Weight, string Message);

/// <summary>Makes a whole plan of what a person wrote: the holdback before each 100 %, and the way to 100 %.</summary>
public static class Plans
{
    private static readonly ImmutableArray<Weights> DefaultWeights =
        [.. new[] { 500, 1000, 2500, 5000 }.Select(Weights.OfCandidate)];

    /// <summary>5 → 10 → 25 → 50 → 95 with an hour of holdback, then 100 and an hour of watch.</summary>
    public static Plan Default { get; } = Canary([]);

    /// <summary>Everything that is wrong with the stages; empty when a plan can be made of them.</summary>
    public static ImmutableArray<PlanProblem> Check(ImmutableArray<Stage> stages)
    {
        var problems = ImmutableArray.CreateBuilder<PlanProblem>();
        var reached = new Dictionary<string, Weights>(StringComparer.Ordinal);
        for (var s = 0; s < stages.Length; s++)
        {
            var stage = stages[s];
            if (stage.Dwell < TimeSpan.Zero) problems.Add(new(s, null, "a hold cannot be negative"));
            if (stage.Shadow is { } shadow)
            {
                if (ShadowProblem(stages, s, shadow) is { } problem) problems.Add(new(s, null, problem));
                continue;
            }

            var whom = stage.Cohort ?? string.Empty;
            var name = stage.Cohort is null ? "everybody" : $"cohort {stage.Cohort}";
            if (stage.Weights.IsDefaultOrEmpty) problems.Add(new(s, null, "has no weight"));
            for (var w = 0; !stage.Weights.IsDefault && w < stage.Weights.Length; w++)
            {
                var weight = stage.Weights[w];
                var before = reached.GetValueOrDefault(whom);
                if (weight <= before)
                {
                    problems.Add(new(s, w, before == Weights.AllStable
                        ? "must be above 0 %"
                        : $"must rise: {weight} follows {before} of {name}"));
                }
                else
                {
                    reached[whom] = weight;
                }
            }
        }

        return problems.ToImmutable();
    }

    /// <summary>The plan of a canary; without stages the default steps.</summary>
    /// <param name="holdback">Time at 95 % before each 100 %; zero for no holdback.</param>
    /// <exception cref="ArgumentException">The stages have problems; <see cref="Check"/> names them.</exception>
    public static Plan Canary(
        ImmutableArray<Stage> stages, TimeSpan? holdback = null, TimeSpan? watch = null,
        MinimumEvidence? atLeast = null, UnsurePolicy? ifUnsure = null)
    {
        if (Check(stages) is { IsEmpty: false } problems)
            throw new ArgumentException($"stage {problems[0].Stage}: {problems[0].Message}", nameof(stages));
        var evidence = atLeast ?? MinimumEvidence.Default;
        var steps = new List<Step>();
        foreach (var stage in WayToAll(stages))
        {
            if (stage.Shadow is { } shadow)
                steps.Add(new Step(null, Weights.AllStable, stage.Dwell ?? Plan.DefaultDwell, stage.AtLeast ?? default)
                {
                    Shadow = shadow,
                });
            foreach (var weight in stage.Weights)
                Append(
                    steps, new Step(stage.Cohort, weight, stage.Dwell ?? Plan.DefaultDwell, stage.AtLeast ?? evidence),
                    holdback ?? Plan.DefaultHoldback);
        }

        DropLast(steps);
        return new Plan
        {
            Steps = [.. steps],
            Watch = watch ?? Plan.DefaultWatch,
            AtLeast = evidence,
            IfUnsure = ifUnsure ?? UnsurePolicy.Default,
        };
    }

    /// <summary>A plan that goes from 0 to 100 % at once: blue/green or all-at-once.</summary>
    public static Plan AtOnce(
        Strategy strategy, TimeSpan? watch = null, MinimumEvidence? atLeast = null, UnsurePolicy? ifUnsure = null) => new()
        {
            Strategy = strategy,
            Watch = watch ?? Plan.DefaultWatch,
            AtLeast = atLeast ?? MinimumEvidence.Default,
            IfUnsure = ifUnsure ?? UnsurePolicy.Default,
        };

    private static string? ShadowProblem(ImmutableArray<Stage> stages, int at, Weights shadow)
    {
        if (!stages[at].Weights.IsDefaultOrEmpty || stages[at].Cohort is not null)
            return "is a step of its own: requests of everybody are copied, and users see none of it; give weights and cohorts steps of "
                + "theirs";
        if (shadow == Weights.AllStable) return "must be above 0 %";
        if (stages.Take(at).Any(s => s.Shadow is null))
            return "must come before the first step that users see: from there on the candidate has real requests, and a copy of others "
                + "tells nothing more";
        return at > 0 && stages[at - 1].Shadow is { } before && shadow <= before
            ? $"must rise: a shadow of {shadow} follows one of {before}"
            : null;
    }

    private static ImmutableArray<Stage> WayToAll(ImmutableArray<Stage> stages)
    {
        var general = stages.Where(s => s.Cohort is null).SelectMany(s => s.Weights).ToImmutableArray();
        if (general.IsEmpty) return [.. stages, new Stage(null, [.. DefaultWeights, Weights.AllCandidate])];
        return general[^1] == Weights.AllCandidate ? stages : [.. stages, new Stage(null, [Weights.AllCandidate])];
    }

    private static void Append(List<Step> steps, Step step, TimeSpan holdback)
    {
        if (step.Weights == Weights.AllCandidate && holdback > TimeSpan.Zero)
        {
            var last = steps.FindLastIndex(s => s.Cohort == step.Cohort);
            if (last < 0 || steps[last].Weights < Plan.HoldbackWeights)
                steps.Add(step with { Weights = Plan.HoldbackWeights, Dwell = holdback, IsHoldback = true });
            else
                steps[last] = steps[last] with { Dwell = Longer(steps[last].Dwell, holdback), IsHoldback = true };
        }

        steps.Add(step);
    }

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;

    /// <summary>100 % of everybody is the watch, not a step.</summary>
    private static void DropLast(List<Step> steps)
    {
        if (steps[^1] is { Cohort: null, Weights.Candidate: Weights.Total }) steps.RemoveAt(steps.Count - 1);
    }
}

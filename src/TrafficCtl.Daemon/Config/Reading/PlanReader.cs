using System.Collections.Immutable;
using System.Globalization;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The keys strategy, rollout, holdback, watch and the analysis' evidence to a plan.</summary>
/// <param name="root">The section of the keys.</param>
/// <param name="cohorts">The names of the cohorts.</param>
/// <param name="report">Takes the problems.</param>
/// <param name="passage">
/// The environment of a pipeline that it is, where others come after it: without steps it takes a version at once; null elsewhere.
/// </param>
internal sealed class PlanReader(Value.Section root, ImmutableArray<string> cohorts, Report report, Value.Section? passage = null)
{
    /// <summary>Of an environment that takes a version at once because others come after it.</summary>
    public static readonly TimeSpan PassageWatch = TimeSpan.FromSeconds(10);

    private static readonly ImmutableArray<int> Usual = [500, 2_500, 5_000, Weights.Total];

    public Plan? Read()
    {
        var strategy = root.Get("strategy", HasSteps ? Strategy.Canary : Strategy.AllAtOnce);
        var isPassing = passage is not null && strategy == Strategy.AllAtOnce;
        var evidence = isPassing
            ? ReadEvidence(passage!.Find("analysis.at-least") as Value.Section, default)
            : ReadEvidence(root.Find("analysis.at-least") as Value.Section, MinimumEvidence.Default);
        var unsure = new UnsurePolicy(
            root.Get("analysis.if-unsure.hold", UnsurePolicy.Default.Hold), root.Get("analysis.if-unsure.then", UnsurePolicy.Default.Then));
        var watch = root.Get("watch", isPassing ? PassageWatch : Plan.DefaultWatch);
        if (strategy != Strategy.Canary)
        {
            Refuse("rollout");
            Refuse("holdback");
            return Plans.AtOnce(strategy, watch, evidence, unsure);
        }

        var stages = ReadStages(evidence);
        return stages is null ? null : Plans.Canary(stages.Value, root.Get("holdback", Plan.DefaultHoldback), watch, evidence, unsure);
    }

    private bool HasSteps => passage is null || root.Find("rollout") is not null || root.Find("holdback") is not null;

    private void Refuse(string key)
    {
        if (root.Find(key) is { } given) report.Add(given.Node, given.Path, "belongs to the strategy canary", "remove it, or the strategy");
    }

    private ImmutableArray<Stage>? ReadStages(MinimumEvidence evidence)
    {
        if (root.Find("rollout") is not Value.Items list) return [];
        var sections = list.All.OfType<Value.Section>().ToImmutableArray();
        var stages = sections.Select(s => ReadStage(s, evidence)).ToImmutableArray();
        var isGood = report.IsClean;
        foreach (var problem in Plans.Check(stages))
        {
            isGood = false;
            if (problem.Weight is null && IsReported(sections[problem.Stage])) continue;
            var at = sections[problem.Stage].Find("shadow") ?? WeightAt(sections[problem.Stage], problem.Weight) ?? sections[problem.Stage];
            report.Add(at.Node, at.Path, problem.Message, HintFor(stages, problem.Stage));
        }

        isGood &= EndsAtAll(sections, stages) & NeverFalls(sections, stages);
        return isGood && report.IsClean ? stages : null;
    }

    /// <summary>A step without weights only misses them; of weights that do not rise it is unknown which is wrong.</summary>
    private static string? HintFor(ImmutableArray<Stage> stages, int at)
    {
        if (!stages[at].Weights.IsDefaultOrEmpty || stages[at].Shadow is not null) return null;
        if (at < stages.Length - 1) return "add weights above those of the step before and below those of the next";
        var before = stages.Take(at)
            .Where(static s => s.Cohort is null)
            .SelectMany(static s => s.Weights)
            .DefaultIfEmpty(Weights.AllStable)
            .Max();
        var rest = Usual.Select(Weights.OfCandidate).Where(w => w > before).Select(Share).ToArray();
        return rest.Length == 0 ? "leave the step out" : $"add `weights: [{string.Join(", ", rest)}]`";
    }

    private static string Share(Weights weights) => (weights.Candidate / 100m).ToString("0.##", CultureInfo.InvariantCulture);

    private Stage ReadStage(Value.Section step, MinimumEvidence evidence)
    {
        var cohort = step.Get<string?>("cohort", null);
        if (cohort is not null && !cohorts.Contains(cohort))
        {
            var at = step.Find("cohort")!;
            report.Add(at.Node, at.Path, $"there is no cohort {cohort}", Suggest.DidYouMean(cohort, cohorts)
                ?? (cohorts.IsEmpty ? "name it under cohorts" : $"known: {string.Join(", ", cohorts)}"));
        }

        var shadow = step.Find("shadow") is Value.Leaf { Content: Weights share } ? share : (Weights?)null;
        var weights = step.Find("weights") is Value.Items items
            ? items.All<Weights>()
            : cohort is null || shadow is not null ? [] : [Weights.AllCandidate];
        var dwell = step.Find("hold") is Value.Leaf { Content: TimeSpan hold } ? hold : (TimeSpan?)null;
        var atLeast = step.Find("at-least") is Value.Section given
            ? ReadEvidence(given, shadow is null ? evidence : default)
            : (MinimumEvidence?)null;
        return new Stage(cohort, weights, dwell, atLeast) { Shadow = shadow };
    }

    /// <summary>General weights that stop short of 100 would be a promise that nobody wrote.</summary>
    private bool EndsAtAll(ImmutableArray<Value.Section> sections, ImmutableArray<Stage> stages)
    {
        for (var i = stages.Length - 1; i >= 0; i--)
        {
            if (stages[i].Cohort is not null || stages[i].Shadow is not null) continue;
            // A step without weights is reported as such: what it was to reach is not known.
            if (stages[i].Weights.IsEmpty) return true;
            if (stages[i].Weights[^1] == Weights.AllCandidate) return true;
            var at = WeightAt(sections[i], stages[i].Weights.Length - 1) ?? sections[i];
            report.Add(
                at.Node, at.Path, $"the rollout ends at {stages[i].Weights[^1]} of everybody",
                $"end with 100: write `weights: [{string.Join(", ", stages[i].Weights.Append(Weights.AllCandidate).Select(Share))}]`");
            return false;
        }

        return true;
    }

    /// <summary>Until its own step comes a cohort has the share of everybody; its own must not take that back.</summary>
    private bool NeverFalls(ImmutableArray<Value.Section> sections, ImmutableArray<Stage> stages)
    {
        var everybody = Weights.AllStable;
        var known = new HashSet<string>(StringComparer.Ordinal);
        var isGood = true;
        for (var i = 0; i < stages.Length; i++)
        {
            if (stages[i].Weights.IsEmpty) continue;
            if (stages[i].Cohort is not { } cohort)
            {
                everybody = stages[i].Weights[^1];
            }
            else if (known.Add(cohort) && stages[i].Weights[0] is var first && everybody > Weights.AllStable && first <= everybody)
            {
                var at = WeightAt(sections[i], 0) ?? sections[i];
                report.Add(at.Node, at.Path, $"must rise: {first} follows {everybody} that cohort {cohort} has as part of everybody");
                isGood = false;
            }
        }

        return isGood;
    }

    /// <summary>Weights or a shadow were written and did not pass: that they are missing now is no news.</summary>
    private static bool IsReported(Value.Section step) =>
        step.Node is Node.Map map
        && ((map.Entries.Any(e => e.Key.Text == "weights") && step.Find("weights") is not Value.Items { All.IsEmpty: false })
            || (map.Entries.Any(e => e.Key.Text == "shadow") && step.Find("shadow") is null));

    private static Value? WeightAt(Value.Section step, int? index) =>
        step.Find("weights") is Value.Items items && index is { } i && i < items.All.Length ? items.All[i] : step.Find("weights");

    private static MinimumEvidence ReadEvidence(Value.Section? given, MinimumEvidence otherwise) => given is null
        ? otherwise
        : new MinimumEvidence(given.Get("requests", otherwise.Requests), given.Get("users", otherwise.Users));
}

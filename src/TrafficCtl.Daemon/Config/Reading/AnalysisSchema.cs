using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.Config.Schema;
using static TrafficCtl.Daemon.Config.Reading.Sections;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The keys of <c>analysis</c>.</summary>
internal static class AnalysisSchema
{
    private const int MaxMetrics = 8;

    /// <summary>How much worse a metric may be when nobody says so (statistics 3.4: the margin of a gauge).</summary>
    public const double MetricWorseBy = 0.15;

    private static readonly Analysis Usual = Analysis.Default;
    private static readonly TimeSpan Year = TimeSpan.FromDays(366);
    private static readonly TimeSpan None = TimeSpan.Zero;

    public static SectionShape Evidence { get; } = Shown("the evidence a step needs of the candidate", "requests", "{ requests: 200 }",
        new(
            "requests", Scalars.Count(0, 1_000_000_000_000), "Requests that the candidate has answered in the step.",
            $"{MinimumEvidence.Default.Requests}"),
        new(
            "users", Scalars.Count(0, 1_000_000_000), "Distinct users that the candidate has answered in the step.",
            $"{MinimumEvidence.Default.Users}"));

    private static readonly ScalarShape Consequences = Scalars.Choice(("rollback", Consequence.Rollback), ("hold", Consequence.Hold));

    private static readonly SectionShape Metric = Section("a metric of your own",
        new(
            "direction",
            Scalars.Choice(("higher", Direction.Higher), ("lower", Direction.Lower), ("both", Direction.Both)) with { Example = "higher" },
            "Which way is better: higher (orders), lower (CPU seconds per request), or both: it should stay as it is.", IsRequired: true),
        new("worse-by", Shares.Percent(1000), "How much worse the candidate's mean may be.", Shares.PercentText(MetricWorseBy)),
        new("then", Consequences, "What happens when it is worse.", "hold"),
        new(
            "limit", Scalars.Positive,
            "Where the metric ends, in its own unit (bytes of memory that are there): a candidate that grows towards it is held.",
            Absent: "none"),
        new("prometheus", Scalars.Block("a query", 2048), "The query that reads it, with a label arm.", Absent: "none"));

    public static SectionShape Root { get; } = Section("the analysis",
        new("errors", Shown("the errors signal", "worse-by", "{ worse-by: 0.1pp }",
            new(
                "worse-by", Shares.Points(100), "How much worse the candidate's error rate may be, in percentage points.",
                Shares.PointsText(Usual.Errors.WorseBy)),
            new("then", Consequences, "What happens when it is worse.", "rollback")), "The share of failed requests."),
        new("client-errors", Shown("the client errors signal", "worse-by", "{ worse-by: 1pp, then: hold }",
            new(
                "worse-by", Shares.Points(100) with { Example = "1pp" },
                "How much larger the candidate's share of answers 4xx may be, in percentage points.",
                Shares.PointsText(Usual.ClientErrors.WorseBy)),
            new(
                "then", Consequences,
                "What happens when it is larger. More than three times stable's share and ten points rolls back in either case.", "hold")),
            "The share of answers 4xx, where the metrics tell them from successes."),
        new("response-size", Shown("the response size signal", "factor", "{ factor: 2 }",
            new Key(
                "factor", Shares.NumberBetween(1.4, 1000), "How many times larger or smaller the candidate's median body may be.",
                $"{Usual.ResponseSize.Factor}")),
            "The sizes of successful responses, where they are measured; a candidate beyond it is held."),
        new("latency", Shown("the latency signal", "worse-by", "{ worse-by: 10% }",
            new(
                "quantile", Shares.NumberBetween(0.5, 1), "The quantile that is compared beside the median.",
                $"{Usual.Latency.Quantile}"),
            new("worse-by", Shares.Percent(1000), "How much slower the candidate may be.", Shares.PercentText(Usual.Latency.WorseBy)),
            new("then", Consequences, "What happens when it is slower.", "rollback")), "The time to answer."),
        new("users", Shown("the users signal", "worse-by", "{ worse-by: 0.5pp }",
            new(
                "worse-by", Shares.Points(100) with { Example = "0.5pp" },
                "How much larger the share of users that meet a third error may be, in percentage points.", IsRequired: true),
            new("then", Consequences, "What happens when it is larger.", "rollback")), "Broken users; compared only when this is written.",
            Absent: "not compared"),
        new("routes", Shown("the routes", "max", "{ max: 50, depth: 3 }",
            new(
                "max", Scalars.Count(1, PathGroups.Most),
                "Route groups at most, those that stable is asked for most before a rollout's first step; all other paths are one more.",
                $"{PathGroups.Most}"),
            new(
                "depth", Scalars.Count(1, PathGroups.MostDepth), "Segments of the path that make a group; ids count as *.",
                $"{PathGroups.UsualDepth}"))
            with
        { OrWord = "off" },
            "Errors and latency by route, in the embedded proxy: a version that breaks one route is found, and the route is named. "
                + "off compares no routes."),
        new("at-least", Evidence, "Minimum evidence of the candidate, per step."),
        new("if-unsure", Shown("what follows an undecided step", "then", "{ hold: 2h, then: pause }",
            new("hold", Durations.Between(TimeSpan.FromSeconds(1), Year), "How long a step may stay undecided.", Durations.Text(
                UnsurePolicy.Default.Hold)),
            new(
                "then",
                Scalars.Choice(("pause", UnsureOutcome.Pause), ("rollback", UnsureOutcome.Rollback), ("promote", UnsureOutcome.Promote)),
                "What happens then.", "pause")),
            "What happens when a step stays undecided."),
        new("saturation", new ListShape(
            "gauges", Scalars.Choice([.. SaturationMetrics.All.Select(m => (m.Word, m))]), 1,
            3)
        { Example = "[cpu, memory]" },
            "What is compared of the pods, as cAdvisor tells it: cpu (CPU seconds per request), memory (working set of a pod), throttling "
                + "(share of CPU periods); a candidate that takes more is held.", Absent: "not compared"),
        new(
            "tick", Durations.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
            "The interval of one look at the signals, in whole seconds.", Durations.Text(Usual.Tick)),
        new("warm-up", Shown("the warm-up", "errors", "{ errors: 30s, latency: 1m }",
            new(
                "errors", Durations.Between(None, TimeSpan.FromHours(1)), "First traffic of the candidate to the first look at errors.",
                Durations.Text(Usual.ErrorWarmUp)),
            new(
                "latency", Durations.Between(None, TimeSpan.FromHours(1)), "First traffic of the candidate to the first look at latency.",
                Durations.Text(Usual.LatencyWarmUp))),
            "Time in which a new candidate is not judged."))
        with
    {
        NotYet = ["traffic", "prometheus", "method", "alpha"],
        Example = "{ errors: { worse-by: 0.1pp } }",
        Foreign = Foreign.OfAnalysis,
        Together = Foreign.Weights,
        Others = new Others(
            "metrics", Names.Metric, Metric, MaxMetrics, ["direction", "prometheus"],
            "a metric of your own is written as NAME: { direction: higher|lower|both, worse-by: 2% }"),
    };
}

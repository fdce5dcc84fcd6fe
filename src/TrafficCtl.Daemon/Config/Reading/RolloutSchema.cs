using System.Collections.Immutable;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using static TrafficCtl.Daemon.Config.Reading.Sections;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The keys that say how a new version is taken in: the strategy and its steps, cohorts, and gates.</summary>
internal static class RolloutSchema
{
    private const int MaxCohorts = 16, MaxSteps = 50, MaxWeights = 100;

    public const int MaxNeeds = 16;

    private static readonly TimeSpan Year = TimeSpan.FromDays(366);
    private static readonly TimeSpan None = TimeSpan.Zero;

    private static readonly SectionShape Step = Section("a step of the rollout",
        new("cohort", Scalars.Named("a cohort's name", Names.Label), "Whom the step is for; everybody when left out."),
        new(
            "weights", new ListShape("weights", Shares.Weight, 1, MaxWeights) { Complete = Shares.UpToAll, Example = "[5, 25, 50, 100]" },
            "Rising percentages, a step each; 100 when a cohort is named without them."),
        new(
            "shadow", Shares.Weight,
            "Instead of weights, before any of them: the candidate gets copies of this percentage of the requests, and no user sees its "
            + $"answers. For routes of {string.Join(" and ", MeshServices.Mirroring)}. Requests that change something are then done "
            + "twice."),
        new("hold", Durations.Between(None, Year), "Minimum time at each weight.", Durations.Text(Plan.DefaultDwell)),
        new(
            "at-least", AnalysisSchema.Evidence, "Minimum evidence at each weight; else that of the analysis, of a shadow none.",
            Inherits: true))
        with
    { NotYet = ["while", "cells", "after", "flag", "needs", "split"], Main = "weights", Example = "{ weights: [5, 25, 50, 100] }" };

    private static readonly SectionShape Cohort = Section("a cohort",
        new("header", Scalars.HeaderName, "The header that tells."),
        new("cookie", Scalars.CookieName, "The cookie that tells."),
        new("claim", Scalars.ClaimPath, "The claim of the bearer token that tells, with dots into objects."),
        new("equals", Scalars.Text("a value", 256) with { Example = "\"yes\"" }, "The value that its members have.", IsRequired: true))
        with
    {
        NotYet = ["flag", "opt-in", "rotate", "every", "by", "list", "percent"],
        ExactlyOne = ["header", "cookie", "claim"],
        Example =
        "{ header: x-staff, equals: \"yes\" }"
    };

    /// <summary>How a new version is taken in.</summary>
    public static ImmutableArray<Key> Course { get; } =
    [
        new("strategy", Scalars.Choice(
            ("canary", Strategy.Canary), ("blue-green", Strategy.BlueGreen),
            ("all-at-once", Strategy.AllAtOnce)), "How a new version is taken in.", "canary")
        {
            Instead = Foreign.Strategy,
        },
        new("rollout", new ListShape("steps", Step, 1, MaxSteps), "The steps of a canary.", Absent: "weights [5, 10, 25, 50, 100]")
        {
            Instead = Foreign.Rollout,
        },
        new(
            "holdback", Durations.Between(None, Year), "Time at 95 % before 100 %, so that the comparison goes on; 0 for none.",
            Durations.Text(Plan.DefaultHoldback)),
        new(
            "watch", Durations.Between(None, Year), "Time after 100 % in which the old version is kept warm and revert is instant.",
            Durations.Text(Plan.DefaultWatch)),
    ];

    public static Key Cohorts { get; } = new(
        "cohorts",
        new MapShape("cohorts", Names.Label, Cohort, 0, MaxCohorts) { Example = "{ staff: { header: x-staff, equals: \"yes\" } }" },
        "Named sets of users.", Absent: "none");

    /// <summary>What must hold, and when.</summary>
    public static ImmutableArray<Key> Gates { get; } =
    [
        new("needs", new ListShape("needs", GateCatalog.Shape(GateCatalog.All), 1, MaxNeeds), "What must hold for a step to begin.",
            Absent: "none"),
        new("when", WhenReader.Shape, "When a step may begin, by the clocks of a time zone.", Absent: "at any time"),
    ];
}

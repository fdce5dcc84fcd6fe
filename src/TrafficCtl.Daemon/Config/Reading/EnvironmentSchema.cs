using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Daemon.Config.Schema;
using static TrafficCtl.Daemon.Config.Reading.Sections;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The keys of one environment of a pipeline.</summary>
internal static class EnvironmentSchema
{
    private const int MaxTargets = 64, MaxAfter = 32;

    /// <summary>Keys that hold for every environment where they stand in the service, and for one where they stand in it.</summary>
    public static ImmutableArray<Key> Shared { get; } =
    [
        ProxySchema.Match, ProxySchema.Identity,
        CommonKeys.Versions with
        {
            Doc = "The versions of a static runtime, each with its endpoints.", IsRequired = false,
            Absent = "those that the runtime starts",
        },
        RolloutSchema.Cohorts, CommonKeys.Analysis, .. ProxySchema.Serving,
    ];

    /// <summary>A verification of <c>verify</c>, with its terms beside it.</summary>
    public static SectionShape Verification { get; } = VerifyReader.Shape with
    {
        Keys = [.. VerifyReader.Shape.Keys, .. GateTermsReader.Keys],
    };

    private static readonly SectionShape Targets = Shown(
        "the targets", null, "{ listen: { eu: http://127.0.0.1:8080, us: http://127.0.0.1:8090 }, tolerate: 1 }",
        new(
            "listen",
            new MapShape("targets", Names.Label, Addresses.Listen, 1, MaxTargets) { Example = "{ eu: http://127.0.0.1:8080 }" },
            "The name of each target, and where its requests come in.", IsRequired: true),
        new(
            "tolerate", Scalars.Count(0, MaxTargets - 1), "How many disconnected targets a version need not have reached to be good.",
            Absent: "all but one"))
        with
    { NotYet = ["select", "waves"] };

    private static readonly ImmutableArray<Key> Own =
    [
        CommonKeys.Listen with { IsRequired = false },
        new("targets", Targets, "In the place of listen: several places of the environment, each with its own rollout."),
        new(
            "after", new ListShape("environments", Scalars.Named("an environment's name", Names.Label), 0, MaxAfter) { Example = "[test]" },
            "The environments in which a version is to be good before it enters; [] takes every new version.",
            Absent: "the one above; of the first none", Inherits: true),
        .. RolloutSchema.Gates.Select(static key => key.Name switch
        {
            "needs" => key with { Doc = "What must hold for a version to enter." },
            _ => key with { Doc = "When a version may enter and a step may begin, by the clocks of a time zone." },
        }),
        new(
            "verify", new ListShape("verifications", Verification, 1, RolloutSchema.MaxNeeds),
            "Programs and addresses that are asked about a version at 100 %, before it is good.", Absent: "none"),
        new(
            "mode",
            Scalars.Choice(
                ("auto", PromotionMode.Auto), ("propose", PromotionMode.Propose), ("on-demand", PromotionMode.OnDemand)),
            "Whether it takes the newest version that may enter, asks a person first, or takes only what a person orders.", "auto"),
        .. RolloutSchema.Course.Select(static key => key.Name switch
        {
            "strategy" => key with { Default = null, Absent = "all-at-once where others come after, else canary", Inherits = true },
            "watch" => key with
            {
                Default = null, Absent = "10s where others come after and it takes a version at once, else 1h", Inherits = true,
            },
            _ => key with { Inherits = true },
        }),
        new(
            "drift",
            Scalars.Choice(("correct", DriftMode.Correct), ("alert", DriftMode.Alert), ("observe", DriftMode.Observe)),
            "What is done where a target no longer runs, or routes, what was decided: it is brought back, reported, or shown.", "correct"),
        new("runtime", RuntimeSchema.Root, "What starts and stops the versions here; what it leaves out is the service's.", Inherits: true),
    ];

    public static SectionShape Root { get; } = Section(
        "an environment", [.. Own, .. Shared.Select(static key => key with { Inherits = true })]) with
    {
        ExactlyOne = ["listen", "targets"],
        NotYet = ["target", "route", "flags", "notify"],
        Elsewhere = ImmutableDictionary.CreateRange(
            StringComparer.Ordinal,
            [
                KeyValuePair.Create("service", "it is that of the pipeline: write it beside environments"),
                KeyValuePair.Create("artifact", "every environment takes the same versions: write it beside environments"),
                KeyValuePair.Create("environments", "write each environment under the first environments, and its order with after"),
                KeyValuePair.Create(
                    "stable", "leave it out: the first version that is published serves at birth, and afterwards the last good one does"),
            ]),
        Example = "{ listen: http://127.0.0.1:8080 }",
        File = static () => Root,
    };
}

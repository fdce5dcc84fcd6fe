using System.Collections.Immutable;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using static TrafficCtl.Daemon.Config.Reading.Sections;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>Every key of a delivery file of a pipeline: its own, and those of a service that hold for each environment.</summary>
internal static class PipelineSchema
{
    /// <summary>The key by which a document is a pipeline.</summary>
    public const string Mark = "environments";

    private const int MaxEnvironments = 32;

    private const string EachItsOwn = "each environment has its own";

    /// <summary>Keys of a service that stand in an environment, and those that a pipeline answers itself.</summary>
    private static readonly ImmutableDictionary<string, string> InEnvironments = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["listen"] = $"{EachItsOwn}: write `environments: {{ prod: {{ listen: http://127.0.0.1:8080 }} }}`",
        ["targets"] = $"{EachItsOwn}: write it in the environment",
        ["stable"] = "leave it out: the first version that is published serves at birth, and afterwards the last good one does",
        ["environment"] = "leave it out: the environments are named under environments",
        ["target"] = "leave it out: write `targets: { listen: { east: http://127.0.0.1:8080 } }` in the environment",
        ["strategy"] = $"{EachItsOwn}: write it in the environment",
        ["rollout"] = $"{EachItsOwn}: write `environments: {{ prod: {{ rollout: [{{ weights: [5, 25, 50, 100] }}] }} }}`",
        ["holdback"] = $"{EachItsOwn}: write it in the environment",
        ["watch"] = $"{EachItsOwn}: write it in the environment",
        ["needs"] = $"{EachItsOwn}: write it in the environment",
        ["when"] = $"{EachItsOwn}: write it in the environment",
        ["verify"] = $"{EachItsOwn}: write it in the environment",
        ["after"] = $"{EachItsOwn}: write it in the environment",
        ["mode"] = $"{EachItsOwn}: write it in the environment",
        ["drift"] = $"{EachItsOwn}: write it in the environment",
    }.ToImmutableDictionary(StringComparer.Ordinal);

    public static SectionShape Root { get; } = Section("a pipeline", [
        CommonKeys.Service,
        new(
            "artifact",
            Scalars.Text("a path such as ./releases/{version}/checkout", 1024) with { Example = "./releases/{version}/checkout" },
            "Where the artifact of each version lies, relative to this file; the folder is watched, and complete versions are published.",
            Absent: "versions are published by trafficctl publish"),
        new("runtime", RuntimeSchema.Root, "What starts and stops the versions; an environment may have its own."),
        new(
            Mark, new MapShape("environments", Names.Label, EnvironmentSchema.Root, 1, MaxEnvironments)
            {
                Example = "{ prod: { listen: http://127.0.0.1:8080 } }",
            },
            "The environments that each version moves through, in their order.", IsRequired: true),
        .. EnvironmentSchema.Shared,
    ]) with
    {
        NotYet = [.. DeliverySchema.Root.NotYet.Where(static name => name is not (Mark or "verify"))],
        Elsewhere = InEnvironments,
        Foreign = Foreign.OfService,
        Together = Foreign.OlderAnalysis,
        File = static () => Root,
    };

    public static bool IsMeant(Node document) => document is Node.Map map && map.Entries.Any(static e => e.Key.Text == Mark);
}

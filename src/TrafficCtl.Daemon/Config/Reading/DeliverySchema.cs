using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using static TrafficCtl.Daemon.Config.Reading.Sections;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>
/// Every key of a delivery file of a service with listed versions, once: the parser, the JSON Schema and <c>explain</c> are made of this
/// table. Those of a pipeline are in <see cref="PipelineSchema"/>.
/// </summary>
public static class DeliverySchema
{
    /// <summary>Keys of a pipeline, which a service with listed versions is not.</summary>
    private static readonly ImmutableDictionary<string, string> OfPipelines = ImmutableDictionary.CreateRange(
        StringComparer.Ordinal,
        [
            KeyValuePair.Create("artifact", "it is a pipeline's: declare `environments` in the place of listen and versions"),
            KeyValuePair.Create("runtime", "it is a pipeline's: declare `environments` in the place of listen and versions"),
        ]);

    internal static SectionShape Root { get; } = Section("a service", [
        CommonKeys.Service,
        new(
            "environment", Scalars.Named("an environment's name", Names.Label), "The environment that this process serves.",
            ServiceSpec.DefaultEnvironment),
        new("target", Scalars.Named("a target's name", Names.Label) with { Example = "east" },
            "The name of this place, where the service runs in several places of the environment.", TargetKey.DefaultTarget),
        CommonKeys.Listen, ProxySchema.Match, ProxySchema.Identity, CommonKeys.Versions,
        new(
            "stable", Scalars.Named("a version's name", Names.Version) with { Example = "v1" },
            "The version that serves at birth; afterwards the last good one does.", IsRequired: true)
        {
            Missing = FirstVersion,
        },
        .. RolloutSchema.Course, RolloutSchema.Cohorts, CommonKeys.Analysis, .. RolloutSchema.Gates, .. ProxySchema.Serving,
    ]) with
    {
        NotYet =
            [
                "bundle", "environments", "verify", "route", "shadow", "gates", "freeze", "notify",
                "flags", "metrics", "variants", "kubernetes", "experiments", "notes",
            ],
        Elsewhere = OfPipelines,
        Foreign = Schema.Foreign.OfService,
        Together = Schema.Foreign.OlderAnalysis,
        File = static () => Root,
    };

    /// <summary>The keys of a document: those of a pipeline where it has environments.</summary>
    internal static SectionShape Of(Node document) => PipelineSchema.IsMeant(document) ? PipelineSchema.Root : Root;

    /// <summary>The first of the versions beside it; the usual example where there are none.</summary>
    private static string? FirstVersion(Node.Map service) =>
        service.Entries.FirstOrDefault(static e => e.Key.Text == "versions").Value is Node.Map { Entries: [var first, ..] }
            && Scalars.Is(Names.Version, first.Key.Text)
            ? Hints.Quoted(first.Key.Text)
            : null;

    /// <summary>The JSON Schema (draft 2020-12) of one document, for editors.</summary>
    public static string ToJsonSchema()
    {
        var json = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = "https://trafficctl.io/schema/delivery.json",
            ["title"] = "trafficctl delivery file",
            ["if"] = new JsonObject { ["required"] = new JsonArray(PipelineSchema.Mark) },
            ["then"] = PipelineSchema.Root.ToJson(),
            ["else"] = Root.ToJson(),
        };
        return json.ToJsonString(Indented);
    }

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerOptions.Default)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Persistence;

/// <summary>The JSON of rollout state and of fact data, shared by every store.</summary>
/// <remarks>
/// A phase carries its name in <c>phase</c>; weights are basis points; NaN is the string <c>"NaN"</c>; what is null is left out.
/// Unknown members are skipped, so that an older build reads what a newer one of the same schema wrote; a missing member of
/// a record is a <see cref="JsonException"/>, never a default.
/// </remarks>
public static class RolloutJson
{
    /// <summary>The member that names a phase.</summary>
    public const string PhaseMember = "phase";

    private static readonly ImmutableArray<Type> Phases =
    [
        typeof(Phase.Waiting), typeof(Phase.Shifting), typeof(Phase.Observing), typeof(Phase.Baking), typeof(Phase.Good),
        typeof(Phase.Paused), typeof(Phase.RollingBack), typeof(Phase.RolledBack), typeof(Phase.Superseded), typeof(Phase.Aborted),
    ];

    private static readonly JsonSerializerOptions Options = MakeOptions();

    public static string Write(RolloutState state) => JsonSerializer.Serialize(state, Info<RolloutState>());

    public static string Write(FactData data) => JsonSerializer.Serialize(data, Info<FactData>());

    public static string Write(Analysis analysis) => JsonSerializer.Serialize(analysis, Info<Analysis>());

    public static string Write(ImmutableArray<TriedVersion> tried) => JsonSerializer.Serialize(tried, Info<ImmutableArray<TriedVersion>>());

    /// <exception cref="JsonException">Not a rollout state.</exception>
    public static RolloutState ReadState(string json) => Read<RolloutState>(json);

    /// <exception cref="JsonException">Not fact data.</exception>
    public static FactData ReadFact(string json) => Read<FactData>(json);

    /// <exception cref="JsonException">Not an analysis.</exception>
    public static Analysis ReadAnalysis(string json) => Read<Analysis>(json);

    /// <exception cref="JsonException">Not a list of tried versions.</exception>
    public static ImmutableArray<TriedVersion> ReadTried(string json) => Read<ImmutableArray<TriedVersion>>(json);

    private static T Read<T>(string json) =>
        JsonSerializer.Deserialize(json, Info<T>()) ?? throw new JsonException($"null is not a {typeof(T).Name}");

    private static JsonTypeInfo<T> Info<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    private static JsonSerializerOptions MakeOptions()
    {
        var options = new JsonSerializerOptions(RolloutJsonContext.Default.Options)
        {
            // Facts are read by people and never put into a page unescaped.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = RolloutJsonContext.Default
                .WithAddedModifier(NamePhases).WithAddedModifier(SpareNulls).WithAddedModifier(SpareDefaultTarget),
        };
        options.MakeReadOnly();
        return options;
    }

    /// <summary>Core knows nothing of JSON, so the closed family is named here.</summary>
    private static void NamePhases(JsonTypeInfo info)
    {
        if (info.Type != typeof(Phase)) return;
        var family = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = PhaseMember };
        foreach (var phase in Phases) family.DerivedTypes.Add(new JsonDerivedType(phase, phase.Name));
        info.PolymorphismOptions = family;
    }

    /// <summary>A state of the default target is written as before targets had names.</summary>
    private static void SpareDefaultTarget(JsonTypeInfo info)
    {
        if (info.Type != typeof(RolloutState)) return;
        var target = info.Properties.Single(p => p.Name == "target");
        target.ShouldSerialize = static (_, name) => name is not TargetKey.DefaultTarget;
    }

    /// <summary>What may be null is left out when written, so it may be missing when read.</summary>
    private static void SpareNulls(JsonTypeInfo info)
    {
        foreach (var property in info.Properties)
            if (property.IsGetNullable) property.IsRequired = false;
    }
}

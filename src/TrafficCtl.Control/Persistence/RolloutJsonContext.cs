using System.Collections.Immutable;
using System.Text.Json.Serialization;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Persistence;

/// <summary>The shapes that are kept as JSON; the serialisers are generated.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(WeightsConverter), typeof(PathGroupsConverter)])]
[JsonSerializable(typeof(RolloutState))]
[JsonSerializable(typeof(FactData))]
[JsonSerializable(typeof(Analysis))]
[JsonSerializable(typeof(ImmutableArray<TriedVersion>))]
[JsonSerializable(typeof(Phase.Waiting))]
[JsonSerializable(typeof(Phase.Shifting))]
[JsonSerializable(typeof(Phase.Observing))]
[JsonSerializable(typeof(Phase.Baking))]
[JsonSerializable(typeof(Phase.Good))]
[JsonSerializable(typeof(Phase.Paused))]
[JsonSerializable(typeof(Phase.RollingBack))]
[JsonSerializable(typeof(Phase.RolledBack))]
[JsonSerializable(typeof(Phase.Superseded))]
[JsonSerializable(typeof(Phase.Aborted))]
internal sealed partial class RolloutJsonContext : JsonSerializerContext;

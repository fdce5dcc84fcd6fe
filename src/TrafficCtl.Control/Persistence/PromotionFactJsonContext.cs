using System.Text.Json.Serialization;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Persistence;

/// <summary>The shapes of promotion facts; the serialisers are generated.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(BundleConverter)])]
[JsonSerializable(typeof(BundleData))]
[JsonSerializable(typeof(PromotionFact.Published))]
[JsonSerializable(typeof(PromotionFact.StateLost))]
[JsonSerializable(typeof(PromotionFact.TargetObserved))]
[JsonSerializable(typeof(PromotionFact.RolloutStarted))]
[JsonSerializable(typeof(PromotionFact.RolloutStepped))]
[JsonSerializable(typeof(PromotionFact.RolloutPromoted))]
[JsonSerializable(typeof(PromotionFact.RolloutGood))]
[JsonSerializable(typeof(PromotionFact.RolloutRolledBack))]
[JsonSerializable(typeof(PromotionFact.RolloutAborted))]
[JsonSerializable(typeof(PromotionFact.RolloutWithdrawn))]
[JsonSerializable(typeof(PromotionFact.RequestsServed))]
[JsonSerializable(typeof(PromotionFact.GateAsked))]
[JsonSerializable(typeof(PromotionFact.GateAnswered))]
[JsonSerializable(typeof(PromotionFact.GateVoted))]
[JsonSerializable(typeof(PromotionFact.EnvironmentGood))]
[JsonSerializable(typeof(PromotionFact.EvidenceRevoked))]
[JsonSerializable(typeof(PromotionFact.Pinned))]
[JsonSerializable(typeof(PromotionFact.Unpinned))]
[JsonSerializable(typeof(PromotionFact.Held))]
[JsonSerializable(typeof(PromotionFact.Released))]
[JsonSerializable(typeof(PromotionFact.Vetoed))]
[JsonSerializable(typeof(PromotionFact.Unvetoed))]
[JsonSerializable(typeof(PromotionFact.LineStopped))]
[JsonSerializable(typeof(PromotionFact.LineReleased))]
[JsonSerializable(typeof(PromotionFact.BreakGlassBegun))]
[JsonSerializable(typeof(PromotionFact.BreakGlassLifted))]
[JsonSerializable(typeof(PromotionFact.PromotionOrdered))]
internal sealed partial class PromotionFactJsonContext : JsonSerializerContext;

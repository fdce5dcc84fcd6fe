using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Snapshots;

/// <summary>What a slot of <c>latch.json</c> says.</summary>
/// <param name="Version">The version of this layout.</param>
/// <param name="Sequence">Rises with each write.</param>
/// <param name="SlotBytes">The length of this slot and of the other one.</param>
/// <param name="Latches">One a target.</param>
internal sealed record LatchDocument(int Version, long Sequence, int SlotBytes, ImmutableArray<LatchRow?> Latches)
{
    /// <summary>1 was a whole file of latches of the breaker.</summary>
    public const int CurrentVersion = 2;

    /// <exception cref="JsonException">A latch says what no latch can say.</exception>
    public ImmutableSortedDictionary<TargetKey, Latch> ToLatches()
    {
        if (Latches.IsDefault) throw new JsonException("latches is null");
        var latches = ImmutableSortedDictionary.CreateBuilder<TargetKey, Latch>();
        foreach (var row in Latches)
        {
            if (row is null) throw new JsonException("a latch is null");
            var latch = row.ToLatch();
            if (!latches.TryAdd(latch.Key, latch)) throw new JsonException($"two latches are of {latch.Key}");
        }

        return latches.ToImmutable();
    }
}

internal sealed record LatchRow(string Service, string RolloutId, long Generation, DateTimeOffset At, string Why)
{
    /// <summary>A generation counts decisions: no service has ever come near to this.</summary>
    public const long MostGeneration = 1L << 53;

    /// <summary>Null in files of builds that served one environment of a service.</summary>
    public string? Environment { get; init; }

    /// <summary>Null for the default target.</summary>
    public string? Target { get; init; }

    public LatchCause Cause { get; init; }

    public AbortRow? Abort { get; init; }

    public static LatchRow Of(Latch latch) => new(latch.Key.Service, latch.RolloutId, latch.Generation, latch.At, latch.Why)
    {
        Environment = FormerKeys.IsOne(latch.Key) ? null : latch.Key.Environment,
        Target = latch.Key.IsOfDefaultTarget ? null : latch.Key.Target,
        Cause = latch.Cause,
        Abort = latch.Abort is { } abort
            ? new AbortRow(abort.Key.Environment, abort.Who, abort.Reason, abort.From, abort.At, latch.IsAnswered)
            : null,
    };

    public Latch ToLatch()
    {
        if (Service.Length == 0) throw new JsonException("a latch names no service");
        if (Generation is < -1 or > MostGeneration)
            throw new JsonException($"service {Service}: generation {Generation} is outside -1..{MostGeneration}");
        if (!Enum.IsDefined(Cause)) throw new JsonException($"service {Service}: cause {Cause} is not known");
        if ((Cause == LatchCause.Abort) && Abort is null) throw new JsonException($"service {Service}: the abort is missing");
        var key = (Environment ?? Abort?.Environment) is { } environment
            ? new TargetKey(Service, environment, Target ?? TargetKey.DefaultTarget)
            : FormerKeys.Of(Service);
        return new Latch(key, RolloutId, Generation, At, Why)
        {
            Cause = Cause,
            Abort = Abort?.ToWish(key),
            IsAnswered = Abort?.IsAnswered == true,
        };
    }
}

/// <summary>A wish, as it was asked for.</summary>
internal sealed record AbortRow(string Environment, string Who, string Reason, string From, DateTimeOffset At, bool IsAnswered)
{
    public Wish ToWish(TargetKey key) => new(0, key, WishKind.Abort, null, Who, Reason, From, At);
}

/// <summary>The layout of <c>latch.json</c> before it had slots.</summary>
internal sealed record LatchDocumentV1(int Version, ImmutableArray<LatchRow?> Latches);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(LatchDocument))]
[JsonSerializable(typeof(LatchDocumentV1))]
internal sealed partial class LatchJson : JsonSerializerContext;

internal static class LatchShape
{
    /// <summary>A reason in any script takes the bytes that it has, not six for each letter.</summary>
    public static readonly JsonTypeInfo<LatchDocument> Document = (JsonTypeInfo<LatchDocument>)new JsonSerializerOptions(
        LatchJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = LatchJson.Default,
    }.GetTypeInfo(typeof(LatchDocument));
}

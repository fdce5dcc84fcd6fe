using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Control.Persistence;

/// <summary>The JSON of promotion facts, shared by every store.</summary>
/// <remarks>
/// A fact is kept as its name, its stamp and an object with everything else; what is null is left out. Unknown members are skipped, so that
/// an older build reads what a newer one of the same schema wrote; a missing member is a <see cref="JsonException"/>, never a default,
/// unless the fact itself declares one.
/// </remarks>
public static class PromotionFactJson
{
    /// <summary>The names that stand in files. A fact that gets another name in the code keeps this one.</summary>
    private static readonly FrozenDictionary<string, Type> Types = new Dictionary<string, Type>(StringComparer.Ordinal)
    {
        ["Published"] = typeof(PromotionFact.Published),
        ["StateLost"] = typeof(PromotionFact.StateLost),
        ["TargetObserved"] = typeof(PromotionFact.TargetObserved),
        ["RolloutStarted"] = typeof(PromotionFact.RolloutStarted),
        ["RolloutStepped"] = typeof(PromotionFact.RolloutStepped),
        ["RolloutPromoted"] = typeof(PromotionFact.RolloutPromoted),
        ["RolloutGood"] = typeof(PromotionFact.RolloutGood),
        ["RolloutRolledBack"] = typeof(PromotionFact.RolloutRolledBack),
        ["RolloutAborted"] = typeof(PromotionFact.RolloutAborted),
        ["RolloutWithdrawn"] = typeof(PromotionFact.RolloutWithdrawn),
        ["RequestsServed"] = typeof(PromotionFact.RequestsServed),
        ["GateAsked"] = typeof(PromotionFact.GateAsked),
        ["GateAnswered"] = typeof(PromotionFact.GateAnswered),
        ["GateVoted"] = typeof(PromotionFact.GateVoted),
        ["EnvironmentGood"] = typeof(PromotionFact.EnvironmentGood),
        ["EvidenceRevoked"] = typeof(PromotionFact.EvidenceRevoked),
        ["Pinned"] = typeof(PromotionFact.Pinned),
        ["Unpinned"] = typeof(PromotionFact.Unpinned),
        ["Held"] = typeof(PromotionFact.Held),
        ["Released"] = typeof(PromotionFact.Released),
        ["Vetoed"] = typeof(PromotionFact.Vetoed),
        ["Unvetoed"] = typeof(PromotionFact.Unvetoed),
        ["LineStopped"] = typeof(PromotionFact.LineStopped),
        ["LineReleased"] = typeof(PromotionFact.LineReleased),
        ["BreakGlassBegun"] = typeof(PromotionFact.BreakGlassBegun),
        ["BreakGlassLifted"] = typeof(PromotionFact.BreakGlassLifted),
        ["PromotionOrdered"] = typeof(PromotionFact.PromotionOrdered),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, string> Names = Types.ToFrozenDictionary(static t => t.Value, static t => t.Key);

    private static readonly JsonSerializerOptions Options = MakeOptions();

    /// <summary>The name that the fact is kept under.</summary>
    public static string NameOf(PromotionFact fact) => Names[fact.GetType()];

    /// <summary>All of the fact but its stamp.</summary>
    public static string Write(PromotionFact fact) => JsonSerializer.Serialize(fact, Options.GetTypeInfo(fact.GetType()));

    /// <summary>The fact again.</summary>
    /// <param name="name">As <see cref="NameOf"/> says.</param>
    /// <param name="stamp">It is kept beside the data.</param>
    /// <param name="data">As <see cref="Write"/> made it.</param>
    /// <exception cref="JsonException">No fact of that name is known, or the data is not that of one.</exception>
    public static PromotionFact Read(string name, FactStamp stamp, string data)
    {
        if (!Types.TryGetValue(name, out var type)) throw new JsonException($"no fact is named {name}");
        var fact = (PromotionFact?)JsonSerializer.Deserialize(data, Options.GetTypeInfo(type));
        return (fact ?? throw new JsonException($"null is not a {name}")) with { Stamp = stamp };
    }

    private static JsonSerializerOptions MakeOptions()
    {
        var options = new JsonSerializerOptions(PromotionFactJsonContext.Default.Options)
        {
            // Facts are read by people and never put into a page unescaped.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = PromotionFactJsonContext.Default.WithAddedModifier(SpareStamps).WithAddedModifier(SpareNulls),
        };
        options.MakeReadOnly();
        return options;
    }

    /// <summary>The stamp stands beside the data, for what asks by time or by person.</summary>
    private static void SpareStamps(JsonTypeInfo info)
    {
        foreach (var property in info.Properties)
        {
            if (property.PropertyType != typeof(FactStamp)) continue;
            property.ShouldSerialize = static (_, _) => false;
            property.IsRequired = false;
        }
    }

    /// <summary>What may be null is left out when written, so it may be missing when read.</summary>
    private static void SpareNulls(JsonTypeInfo info)
    {
        foreach (var property in info.Properties)
            if (property.IsGetNullable) property.IsRequired = false;
    }
}

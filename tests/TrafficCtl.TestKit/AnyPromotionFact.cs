using System.Collections.Immutable;
using System.Reflection;
using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.TestKit;

/// <summary>Promotion facts of every kind with any content.</summary>
public static class AnyPromotionFact
{
    private static readonly NullabilityInfoContext Nullability = new();

    private static readonly ImmutableArray<string> Words =
        ["", "prod", "a \"b\" \\ c", "ä → 世界 🚀", "line\nline\ttab\u0001", "<b>&'</b>", "null", "  ", "\u2028"];

    /// <summary>Every kind, found by reflection, so that a new one cannot be forgotten.</summary>
    public static ImmutableArray<Type> Types { get; } =
    [
        .. typeof(PromotionFact).GetNestedTypes().Where(static t => !t.IsAbstract && t.IsSubclassOf(typeof(PromotionFact)))
            .OrderBy(static t => t.Name, StringComparer.Ordinal),
    ];

    /// <summary>Of any kind, with sequence 0.</summary>
    public static Gen<PromotionFact> Gen =>
        from type in FsCheck.Fluent.Gen.Elements(Types.AsEnumerable())
        from seed in FsCheck.Fluent.Gen.Choose(0, int.MaxValue)
        select Of(type, new Random(seed));

    /// <summary>Of that kind, with sequence 0.</summary>
    public static PromotionFact Of(Type type, Random random)
    {
        var constructor = type.GetConstructors().MaxBy(static c => c.GetParameters().Length)!;
        return (PromotionFact)constructor.Invoke([.. constructor.GetParameters().Select(p => Value(p, random))]);
    }

    private static object? Value(ParameterInfo parameter, Random random)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        var isNullable = Nullability.Create(parameter).ReadState == NullabilityState.Nullable;
        return isNullable && random.Next(3) == 0 ? null : Value(type, random);
    }

    private static object Value(Type type, Random random)
    {
        if (type == typeof(FactStamp)) return new FactStamp(0, Time(random), Word(random), Word(random));
        if (type == typeof(string)) return Word(random);
        if (type == typeof(int)) return random.Next();
        if (type == typeof(long)) return random.NextInt64();
        if (type == typeof(bool)) return random.Next(2) == 0;
        if (type == typeof(DateTimeOffset)) return Time(random);
        if (type == typeof(Bundle)) return AnyBundle(random);
        if (type == typeof(LineScope)) return new LineScope(Maybe(random), Maybe(random), random.Next(2) == 0);
        if (type.IsEnum) return Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length))!;
        throw new NotSupportedException($"{type} in a fact: say here what values it has");
    }

    private static Bundle AnyBundle(Random random)
    {
        var bundle = Pairing.Pair(
            $"v{random.Next(100)}", new BundlePart($"a{Word(random)}", $"sha256:{random.Next()}", Maybe(random)),
            random.Next(2) == 0 ? new BundlePart($"c{Word(random)}", $"sha256:{random.Next()}") : null).Bundle!;
        for (var revisions = random.Next(3); revisions > 0; revisions--)
            bundle = Pairing.Revise(bundle, new BundlePart("cfg", $"sha256:{random.Next()}", Maybe(random))).Bundle!;
        return bundle with
        {
            Author = Maybe(random),
            Change = random.Next(2) == 0 ? new Uri($"https://git.example/pull/{random.Next()}?a=%20b&c=ä") : null,
            Compatibility = (Compatibility)random.Next(4),
            PublishedAt = Time(random),
        };
    }

    private static DateTimeOffset Time(Random random) => new(random.NextInt64(DateTime.MaxValue.Ticks), TimeSpan.Zero);

    private static string? Maybe(Random random) => random.Next(3) == 0 ? null : Word(random);

    private static string Word(Random random) => Words[random.Next(Words.Length)];
}

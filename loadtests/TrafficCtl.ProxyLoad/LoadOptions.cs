using System.Collections.Immutable;
using System.Globalization;

namespace TrafficCtl.ProxyLoad;

/// <param name="Work">A directory that is thrown away afterwards.</param>
/// <param name="Program">The published trafficctl.</param>
/// <param name="BareYarp">The published comparison.</param>
/// <param name="Pairs">Rounds; each round measures every contender once.</param>
/// <param name="Seconds">How long one measurement takes.</param>
/// <param name="Only">Names of contenders; empty for all.</param>
/// <param name="Csv">Where each single measurement is written; null for nowhere.</param>
/// <param name="Services">Numbers of services in one process.</param>
internal sealed record LoadOptions(
    string Work, string Program, string BareYarp, int Pairs, int Seconds, ImmutableArray<int> Connections, ImmutableArray<string> Only,
    string? Csv,
    ImmutableArray<int> Services)
{
    public const string Usage = "usage: [--pairs N] [--seconds S] [--connections 32,128] [--only NAME,NAME] [--csv FILE] [--services "
        + "1000,10000]";

    /// <summary>Null when an argument is not understood.</summary>
    public static LoadOptions? Parse(IReadOnlyList<string> args)
    {
        if (args.Count < 3) return null;
        var options = new LoadOptions(args[0], args[1], args[2], 15, 2, [32, 128], [], null, [1_000, 10_000]);
        for (var i = 3; i < args.Count; i += 2)
        {
            if (i + 1 == args.Count || With(options, args[i], args[i + 1]) is not { } next) return null;
            options = next;
        }

        return options;
    }

    private static LoadOptions? With(LoadOptions options, string name, string value) => name switch
    {
        "--pairs" when Number(value) is { } pairs => options with { Pairs = pairs },
        "--seconds" when Number(value) is { } seconds => options with { Seconds = seconds },
        "--connections" when Numbers(value) is { } numbers => options with { Connections = numbers },
        "--services" when Numbers(value) is { } numbers => options with { Services = numbers },
        "--only" => options with { Only = [.. value.Split(',', StringSplitOptions.RemoveEmptyEntries)] },
        "--csv" => options with { Csv = Path.GetFullPath(value) },
        _ => null,
    };

    private static ImmutableArray<int>? Numbers(string text) =>
        text.Split(',').Select(Number).ToImmutableArray() is var numbers && numbers.All(n => n is not null)
            ? [.. numbers.Select(n => n!.Value)]
            : null;

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;
}

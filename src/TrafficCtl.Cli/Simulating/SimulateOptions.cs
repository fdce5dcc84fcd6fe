using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Simulator;
using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Services;
using TrafficCtl.Simulator.TypeI;

namespace TrafficCtl.Cli.Simulating;

/// <summary>What was asked of <c>simulate</c>: a comparison, or the type-I check.</summary>
/// <param name="Hint">Said before it begins; null when all was chosen.</param>
internal sealed record Simulated(ComparisonPlan? Comparison, TypeIPlan? TypeI, int Threads, string? Out, bool IsJson, string? Hint);

/// <summary>The options of <c>simulate</c>, and how their words become a plan.</summary>
internal sealed class SimulateOptions
{
    private const int MostRuns = 1_000_000, MostLooks = 1_000_000, MostThreads = 1024;
    private static readonly string[] TryScenarios = ["null", "null_burst", "err.1-1", "p99+20"];
    private static readonly string[] TryNulls = ["iid", "clumps2_edge", "ar.2", "offsets2"];

    private readonly Option<bool> typeI =
        new("--type-i") { Description = "Counts false failures of the judge over long nulls instead of comparing rules" };
    private readonly Option<bool> full =
        new("--full") { Description = "The published tables: everything, 1000 runs of a cell; with --type-i 2000 runs of 10,000 looks" };
    private readonly Option<string[]> scenarios = SimulateWords.Names(
        "--scenario", $"Only these: {string.Join(", ", ScenarioCatalog.All.Select(static s => s.Name))}; with --type-i: "
            + $"{string.Join(", ", NullCatalog.Names)}",
        [.. ScenarioCatalog.All.Select(static s => s.Name), .. NullCatalog.Names]);
    private readonly Option<double[]> rates = SimulateWords.Rates();
    private readonly Option<string[]> rules = SimulateWords.Names(
        "--rule", $"Only these: {string.Join(", ", RuleCatalog.All.Select(static r => r.Name))}",
        RuleCatalog.All.Select(static r => r.Name));
    private readonly Option<int?> runs = SimulateWords.Whole("--runs", "Of each cell (default: 40)", 1, MostRuns);
    private readonly Option<int?> looks = SimulateWords.Whole(
        "--looks", "With --type-i: of each run, every 5 s (default: 2000)", 1, MostLooks);
    private readonly Option<ulong> seed = SimulateWords.Seed();
    private readonly Option<int?> threads = SimulateWords.Whole("--threads", "At once (default: one a core)", 1, MostThreads);
    private readonly Option<string?> folder =
        new("--out") { Description = "Also writes the numbers there, CSV and JSON, and without --type-i the plots, SVG", HelpName = "DIR" };
    private readonly Option<string> output = AskOptions.OutputOption();

    private SimulateOptions()
    {
    }

    public static SimulateOptions AddTo(Command command)
    {
        var o = new SimulateOptions();
        foreach (Option option in new Option[]
        {
            o.full, o.scenarios, o.rates, o.rules, o.runs, o.typeI, o.looks, o.seed, o.threads, o.folder, o.output
        })
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            var isTypeI = result.GetValue(o.typeI);
            ImmutableArray<string> known = isTypeI ? NullCatalog.Names : [.. ScenarioCatalog.All.Select(static s => s.Name)];
            foreach (var name in WordsOf(result, o.scenarios))
                if (!known.Contains(name, StringComparer.Ordinal)) result.AddError(SimulateWords.Unknown("--scenario", name, known));
            foreach (var name in WordsOf(result, o.rules))
                if (RuleCatalog.Find(name) is null)
                    result.AddError(SimulateWords.Unknown("--rule", name, RuleCatalog.All.Select(static r => r.Name)));
            if (isTypeI && result.GetValue(o.rates) is { Length: > 0 } asked)
            {
                var names = WordsOf(result, o.scenarios).ToArray();
                double[] theirs = [.. NullCatalog.All
                    .Where(c => names.Length == 0 || names.Contains(c.Scenario.Name))
                    .Select(static c => c.RequestsPerSecond)
                    .Distinct()
                    .Order()];
                if (!asked.Any(theirs.Contains))
                    result.AddError($"--rps {asked[0]} is of none of these nulls; theirs are {string.Join(", ", theirs)}");
            }

            if (isTypeI && result.GetResult(o.rules) is not null)
                result.AddError("--rule does not go with --type-i, which checks the judge");
            if (!isTypeI && result.GetResult(o.looks) is not null) result.AddError("--looks goes with --type-i only");
        });
        return o;
    }

    public Simulated Of(ParseResult parse)
    {
        var (isTypeI, isFull, named) = (parse.GetValue(typeI), parse.GetValue(full), SimulateWords.Each(parse.GetValue(scenarios)));
        var hint = isFull || named.Length > 0 ? null
            : isTypeI ? "a first try: some nulls; --full checks all for ten thousand looks, and takes about three hours on two cores"
            : "a first try: four of the scenarios; --full compares them all, 1,000 runs a cell, and takes about an hour on two cores";
        return new Simulated(
            isTypeI ? null : ComparisonOf(parse, isFull, named), isTypeI ? TypeIOf(parse, isFull, named) : null,
            parse.GetValue(threads) ?? Environment.ProcessorCount, parse.GetValue(folder), parse.GetValue(output) == "json", hint);
    }

    private static IEnumerable<string> WordsOf(CommandResult result, Option option) =>
        result.GetResult(option)?.Tokens.Select(static t => t.Value) ?? [];

    private ComparisonPlan ComparisonOf(ParseResult parse, bool isFull, string[] named)
    {
        if (named.Length == 0) named = isFull ? [.. ScenarioCatalog.All.Select(static s => s.Name)] : TryScenarios;
        var namedRules = SimulateWords.Each(parse.GetValue(rules));
        var asked = parse.GetValue(rates) ?? [];
        return new ComparisonPlan(
            [.. named.Select(static n => ScenarioCatalog.Find(n)!)],
            asked.Length > 0 ? [.. asked] : isFull ? [5, 50, 500, 5000] : [50, 500],
            namedRules.Length > 0 ? [.. namedRules.Select(static n => RuleCatalog.Find(n)!)] : RuleCatalog.All,
            parse.GetValue(runs) ?? (isFull ? 1000 : 40), parse.GetValue(seed));
    }

    private TypeIPlan TypeIOf(ParseResult parse, bool isFull, string[] named)
    {
        if (named.Length == 0) named = isFull ? [.. NullCatalog.Names] : TryNulls;
        var asked = parse.GetValue(rates) ?? [];
        return new TypeIPlan(
            [.. NullCatalog.All.Where(c => named.Contains(c.Scenario.Name, StringComparer.Ordinal)
                && (asked.Length == 0 || asked.Contains(c.RequestsPerSecond)))],
            parse.GetValue(runs) ?? (isFull ? 2000 : 40), parse.GetValue(looks) ?? (isFull ? 10_000 : 2000), parse.GetValue(seed));
    }
}

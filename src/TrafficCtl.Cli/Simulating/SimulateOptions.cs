using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Services;

namespace TrafficCtl.Cli.Simulating;

/// <summary>What was asked of <c>simulate</c>.</summary>
/// <param name="IsFirstTry">Nothing was chosen, so the answer is a taste of it.</param>
internal sealed record Simulated(ComparisonPlan Comparison, int Threads, string? Out, bool IsJson, bool IsFirstTry);

/// <summary>The options of <c>simulate</c>, and how their words become a plan.</summary>
internal sealed class SimulateOptions
{
    private const int MostRuns = 1_000_000, MostThreads = 1024;
    private static readonly string[] TryScenarios = ["null", "null_burst", "err.1-1", "p99+20"];

    private readonly Option<string[]> scenarios = Names("--scenario", "Only these", ScenarioCatalog.All.Select(static s => s.Name));
    private readonly Option<string[]> rules = Names("--rule", "Only these", RuleCatalog.All.Select(static r => r.Name));
    private readonly Option<double[]> rates = Rates();
    private readonly Option<int?> runs = Whole("--runs", "Of each cell (default: 40; with --full 1000)", 1, MostRuns);
    private readonly Option<int?> threads = Whole("--threads", "At once (default: one a core)", 1, MostThreads);
    private readonly Option<ulong> seed = SeedOption();
    private readonly Option<bool> full = new("--full") { Description = "The published table: every scenario at 5, 50, 500 and 5000 requests a second" };
    private readonly Option<string?> folder = new("--out") { Description = "Also writes the numbers and the plots there: CSV, JSON, SVG", HelpName = "DIR" };
    private readonly Option<string> output = AskOptions.OutputOption();

    private SimulateOptions()
    {
    }

    public static SimulateOptions AddTo(Command command)
    {
        var options = new SimulateOptions();
        command.Options.Add(options.full);
        command.Options.Add(options.scenarios);
        command.Options.Add(options.rates);
        command.Options.Add(options.rules);
        command.Options.Add(options.runs);
        command.Options.Add(options.seed);
        command.Options.Add(options.threads);
        command.Options.Add(options.folder);
        command.Options.Add(options.output);
        return options;
    }

    public Simulated Of(ParseResult parse)
    {
        var isFull = parse.GetValue(full);
        var named = Words(parse.GetValue(scenarios));
        ImmutableArray<Scenario> chosen = named.Length > 0
            ? [.. named.Select(static n => ScenarioCatalog.Find(n)!)]
            : isFull ? ScenarioCatalog.All : [.. TryScenarios.Select(static n => ScenarioCatalog.Find(n)!)];
        var namedRules = Words(parse.GetValue(rules));
        ImmutableArray<IRule> chosenRules = namedRules.Length > 0 ? [.. namedRules.Select(static n => RuleCatalog.Find(n)!)] : RuleCatalog.All;
        var asked = parse.GetValue(rates) ?? [];
        ImmutableArray<double> chosenRates = asked.Length > 0 ? [.. asked] : isFull ? [5, 50, 500, 5000] : [50, 500];
        var plan = new ComparisonPlan(chosen, chosenRates, chosenRules, parse.GetValue(runs) ?? (isFull ? 1000 : 40), parse.GetValue(seed));
        var isFirstTry = !isFull && named.Length == 0 && asked.Length == 0;
        return new Simulated(plan, parse.GetValue(threads) ?? Environment.ProcessorCount, parse.GetValue(folder), parse.GetValue(output) == "json", isFirstTry);
    }

    private static string[] Words(string[]? given) => given is null ? [] : [.. given.Distinct(StringComparer.Ordinal)];

    private static Option<string[]> Names(string name, string about, IEnumerable<string> known)
    {
        var names = known.ToArray();
        var option = new Option<string[]>(name)
        {
            Description = $"{about}: {string.Join(", ", names)}",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        option.CompletionSources.Add(names);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (names.Contains(token.Value, StringComparer.Ordinal)) continue;
                var meant = Daemon.Config.Suggest.DidYouMean(token.Value, names);
                result.AddError($"{name} has no \"{token.Value}\": {meant ?? "it is one of " + string.Join(", ", names)}");
            }
        });
        return option;
    }

    private static Option<double[]> Rates() => new("--rps")
    {
        Description = "Requests a second of both versions together (default: 50 500; with --full 5 50 500 5000)",
        HelpName = "N",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = static result =>
        {
            var parsed = new List<double>();
            foreach (var token in result.Tokens)
            {
                if (double.TryParse(token.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) && rate is >= 0.1 and <= 100_000) parsed.Add(rate);
                else result.AddError($"--rps is a number from 0.1 to 100000, not \"{token.Value}\"");
            }

            return [.. parsed.Distinct()];
        },
    };

    private static Option<int?> Whole(string name, string about, int least, int most) => new(name)
    {
        Description = about,
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
            result.AddError($"{name} is a whole number from {least} to {most}, not \"{result.Tokens[0].Value}\"");
            return null;
        },
    };

    private static Option<ulong> SeedOption() => new("--seed")
    {
        Description = "The same seed gives the same numbers on any number of threads",
        HelpName = "N",
        DefaultValueFactory = static _ => 1,
        CustomParser = static result =>
        {
            if (ulong.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
            result.AddError($"--seed is a whole number from 0 to {ulong.MaxValue}, not \"{result.Tokens[0].Value}\"");
            return 0;
        },
    };
}

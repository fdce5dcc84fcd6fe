using System.CommandLine;
using System.Globalization;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Cli.Simulating;

/// <summary>Options of <c>simulate</c> whose words are checked, with what may stand there instead.</summary>
internal static class SimulateWords
{
    private const double LeastRate = 0.1, MostRate = 100_000;

    public static string[] Each(string[]? given) => given is null ? [] : [.. given.Distinct(StringComparer.Ordinal)];

    public static string Unknown(string option, string word, IEnumerable<string> known) =>
        $"{option} has no \"{word}\": {Suggest.DidYouMean(word, known) ?? "it is one of " + string.Join(", ", known)}";

    public static Option<string[]> Names(string name, string about, IEnumerable<string> known)
    {
        var names = known.Distinct(StringComparer.Ordinal).ToArray();
        var option = new Option<string[]>(name)
        {
            Description = about,
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        option.CompletionSources.Add(names);
        return option;
    }

    public static Option<double[]> Rates() => new("--rps")
    {
        Description = "Requests a second of both versions together (default: 50 500; with --full 5 50 500 5000)",
        HelpName = "N",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = static result =>
        {
            var rates = new List<double>();
            foreach (var token in result.Tokens)
            {
                if (double.TryParse(token.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate)
                    && rate is >= LeastRate and <= MostRate)
                    rates.Add(rate);
                else
                    result.AddError(string.Create(
                        CultureInfo.InvariantCulture, $"--rps is a number from {LeastRate} to {MostRate}, not \"{token.Value}\""));
            }

            return [.. rates.Distinct()];
        },
    };

    public static Option<int?> Whole(string name, string about, int least, int most) => new(name)
    {
        Description = about,
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number >= least
                && number <= most)
                return number;
            result.AddError($"{name} is a whole number from {least} to {most}, not \"{result.Tokens[0].Value}\"");
            return null;
        },
    };

    public static Option<ulong> Seed() => new("--seed")
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

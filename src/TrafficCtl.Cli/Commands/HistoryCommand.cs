using System.CommandLine;
using System.Globalization;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Commands;

internal static class HistoryCommand
{
    private const int Longest = 1000;

    public static readonly CommandEntry Entry = new("history", "Lists the recorded facts of a service, newest first", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var ask = AskOptions.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, ask);
        var rollout = new Option<string?>("--rollout") { Description = "Of this rollout only", HelpName = "ID" };
        var limit = new Option<int>("--limit")
        {
            Description = $"How many, 1 to {Longest}",
            DefaultValueFactory = static _ => 100,
            HelpName = "N",
            CustomParser = static result =>
            {
                if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                    && count is >= 1 and <= Longest)
                    return count;
                result.AddError($"--limit is a whole number from 1 to {Longest}, not \"{result.Tokens[0].Value}\"");
                return 0;
            },
        };
        command.Options.Add(rollout);
        command.Options.Add(limit);
        command.SetAction(async (parse, stop) =>
        {
            using var client = ask.ClientOf(parse);
            var named = await ServiceArgument.ResolveAsync(parse.GetValue(service), client, stop);
            var history = await client.HistoryAsync(named, parse.GetValue(rollout) ?? "", parse.GetValue(limit), stop);
            if (ask.IsJson(parse)) surroundings.Out.WriteJson(history);
            else FactText.WriteHistory(history, surroundings.Out);
            return ExitCodes.Done;
        });
    }
}

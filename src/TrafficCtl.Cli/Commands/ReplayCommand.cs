using System.CommandLine;
using System.Globalization;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Offline.Replaying;

namespace TrafficCtl.Cli.Commands;

internal static class ReplayCommand
{
    public static readonly CommandEntry Entry = new(
        "replay", "Judges recorded rollouts again: under their own analysis, or under another one", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var service = new Argument<string?>("SERVICE") { Description = "Only rollouts of this service", Arity = ArgumentArity.ZeroOrOne };
        var data = new Option<string>("--data-dir")
        {
            Description = "The data directory of a daemon, which may be running",
            DefaultValueFactory = static _ => DaemonOptions.DefaultDataDirectory,
            HelpName = "DIR",
        };
        var analysis = new Option<string?>("--analysis")
        {
            Description = "Tolerances: what stands under analysis: in a delivery file, or such a file; what it leaves out, and all "
                + "without it, stays as recorded",
            HelpName = "FILE",
        };
        var last = new Option<int>("--last")
        {
            Description = "The newest so many",
            DefaultValueFactory = static _ => ReplayRequest.DefaultLast,
            HelpName = "N",
            CustomParser = static result =>
            {
                if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                    && count is >= 1 and <= ReplayRequest.MostLast)
                    return count;
                result.AddError($"--last is a whole number from 1 to {ReplayRequest.MostLast}, not \"{result.Tokens[0].Value}\"");
                return 0;
            },
        };
        var rollout = new Option<string?>("--rollout") { Description = "Only this one", HelpName = "ID" };
        var since = new Option<DateTimeOffset?>("--since")
        {
            Description = "Only rollouts judged since then: an age (7d) or a time in UTC (2026-01-31)",
            HelpName = "AGE|TIME",
            CustomParser = result =>
            {
                if (ReplayRequest.TryParseSince(result.Tokens[0].Value, surroundings.Clock.GetUtcNow(), out var time)) return time;
                result.AddError($"--since is an age such as 7d or a time such as 2026-01-31, not \"{result.Tokens[0].Value}\"");
                return null;
            },
        };
        var fail = new Option<bool>("--fail-on-change")
        {
            Description = "Exit code 1 when an outcome is another one, or a rollout cannot be judged again",
        };
        var output = AskOptions.OutputOption();
        command.Arguments.Add(service.RefuseOptions());
        command.Options.Add(data);
        command.Options.Add(analysis);
        command.Options.Add(last);
        command.Options.Add(rollout);
        command.Options.Add(since);
        command.Options.Add(fail);
        command.Options.Add(output);
        command.SetAction(async (parse, stop) =>
        {
            var request = new ReplayRequest
            {
                DataDirectory = parse.GetRequiredValue(data),
                Service = parse.GetValue(service),
                Rollout = parse.GetValue(rollout),
                AnalysisFile = parse.GetValue(analysis),
                Last = parse.GetValue(last),
                Since = parse.GetValue(since),
            };
            return await RunAsync(request, parse.GetValue(output) == "json", parse.GetValue(fail), surroundings, stop);
        });
    }

    private static async Task<int> RunAsync(
        ReplayRequest request, bool isJson, bool failOnChange, Surroundings surroundings, CancellationToken stop)
    {
        try
        {
            var answer = await await FileReading.RunLongAsync(() => Replays.ReadAsync(request, stop), stop);
            if (isJson) surroundings.Out.WriteJson(answer);
            else ReplayText.Write(answer, surroundings.Out);
            var changes = ReplayText.Changes(answer);
            if (!failOnChange || changes.Length == 0) return ExitCodes.Done;
            surroundings.Error.WriteLine($"{Product.Name}: {changes}");
            return ExitCodes.Failed;
        }
        catch (DaemonRefusedException refused)
        {
            foreach (var problem in refused.Problems) surroundings.Error.WriteLine($"{Product.Name}: {problem}");
            return ExitCodes.Failed;
        }
    }
}

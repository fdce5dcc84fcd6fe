using System.CommandLine;
using System.Globalization;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Modules.Promotion;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class StopVersionsCommand
{
    public static readonly CommandEntry Entry = new(
        "stop-versions", "Ends the processes of versions that a daemon has left running when it ended", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var data = new Option<string>("--data-dir")
        {
            Description = "That of the daemon; it must have ended",
            DefaultValueFactory = static _ => DaemonOptions.DefaultDataDirectory,
            HelpName = "DIR",
        };
        var output = AskOptions.OutputOption();
        command.Options.Add(data);
        command.Options.Add(output);
        command.SetAction(async (parse, stop) =>
        {
            var directory = parse.GetRequiredValue(data);
            if (!Directory.Exists(directory))
                throw new Failure("there is no data directory", directory, "name that of the daemon with --data-dir");
            int ended;
            try
            {
                ended = await LeftVersions.StopAsync(directory, surroundings.Clock, stop);
            }
            catch (DaemonRefusedException refused)
            {
                throw new Failure("the versions were not ended", directory, string.Join("; ", refused.Problems));
            }

            if (parse.GetValue(output) == "json")
            {
                surroundings.Out.WriteJson(new StopVersionsResponse { Ended = ended });
                return ExitCodes.Done;
            }

            surroundings.Out.WriteLine(ended == 0
                ? $"no version of {directory} runs"
                : string.Create(CultureInfo.InvariantCulture, $"ended the processes of {ended} versions of {directory}"));
            return ExitCodes.Done;
        });
    }
}

using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class ExplainCommand
{
    public static readonly CommandEntry Entry = new(
        "explain", "Prints every value in force of a delivery file, and where it comes from", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var file = new Argument<string>("FILE") { Description = "A delivery file, or a directory of them" };
        var output = AskOptions.OutputOption();
        command.Arguments.Add(file.RefuseOptions());
        command.Options.Add(output);
        command.SetAction(async (parse, stop) =>
        {
            switch (await FileReading.RunAsync(() => FileAnswers.Explain([parse.GetRequiredValue(file)]), surroundings.Tell, stop))
            {
                case Parsed<(ExplainResponse Message, string Text)>.Ok(var explained):
                    if (parse.GetValue(output) == "json") surroundings.Out.WriteJson(explained.Message);
                    else surroundings.Out.Lines(explained.Text);
                    return ExitCodes.Done;
                case Parsed<(ExplainResponse Message, string Text)>.Problems(var problems):
                    foreach (var problem in problems) surroundings.Error.WriteLine(problem);
                    return ExitCodes.Failed;
                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        });
    }
}

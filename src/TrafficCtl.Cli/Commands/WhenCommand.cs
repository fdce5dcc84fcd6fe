using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Commands;

internal static class WhenCommand
{
    public static readonly CommandEntry Entry = new(
        "when", "Says when versions enter environments, and since when they would be there without a gate", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var ask = AskOptions.AddTo(command, surroundings);
        var service = PipelineArguments.AddService(command, ask);
        var version = OrderAction.AddVersion(command, ask, "those that are on their way");
        command.SetAction(async (parse, stop) =>
        {
            using var client = ask.ClientOf(parse);
            var named = await PipelineArguments.ResolveAsync(parse.GetValue(service), client, stop);
            var when = await client.Pipelines.WhenAsync(named, parse.GetValue(version) ?? "", stop);
            if (ask.IsJson(parse)) surroundings.Out.WriteJson(when);
            else WhenText.Write(when, surroundings.Out);
            return ExitCodes.Done;
        });
    }
}

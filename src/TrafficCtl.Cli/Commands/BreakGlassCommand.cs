using System.CommandLine;
using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class BreakGlassCommand
{
    public static readonly CommandEntry Entry = new(
        "break-glass", "Lets what people order into an environment pass every gate, until it is lifted", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var order = OrderAction.AddTo(command, surroundings);
        var place = PipelineArguments.AddPlace(command, order.Ask);
        var lift = new Option<bool>("--lift") { Description = "Lift it: the gates count again" };
        command.Options.Add(lift);
        command.SetAction((parse, stop) => order.SendAsync(
            parse, parse.GetValue(lift) ? "lift-break-glass" : "break-glass", parse.GetRequiredValue(place), "", stop));
    }
}

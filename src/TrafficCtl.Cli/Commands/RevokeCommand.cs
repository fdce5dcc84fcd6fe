using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Cli.Commands;

internal static class RevokeCommand
{
    public static readonly CommandEntry Entry = new(
        "revoke", "Takes back that a version is Good in an environment, or what a gate said of it", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var order = OrderAction.AddTo(command, surroundings);
        var place = PipelineArguments.AddPlace(command, order.Ask);
        var version = OrderAction.AddVersion(command, order.Ask);
        var gate = new Option<string>("--gate")
        {
            Description = "The gate whose answer is taken back [default: that it is Good there]",
            HelpName = "NAME",
        }.RefuseLongerThan(TextLimits.Name);
        command.Options.Add(gate);
        command.SetAction((parse, stop) => order.SendAsync(
            parse, "revoke", parse.GetRequiredValue(place), parse.GetValue(version) ?? "", stop,
            request => request.Gate = parse.GetValue(gate) ?? ""));
    }
}

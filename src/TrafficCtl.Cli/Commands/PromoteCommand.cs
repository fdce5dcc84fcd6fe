using System.CommandLine;
using TrafficCtl.Cli.Invocation;

namespace TrafficCtl.Cli.Commands;

internal static class PromoteCommand
{
    public static readonly CommandEntry Entry = new("promote", "Takes the next step now, past dwell, gate and evidence", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var wish = WishAction.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, wish.Ask);
        var full = new Option<bool>("--full") { Description = "Go to 100 % at once: no further step, no holdback; the watch stays" };
        command.Options.Add(full);
        command.SetAction(
            (parse, stop) => wish.SendAsync(parse, parse.GetValue(service), parse.GetValue(full) ? "promote-full" : "promote", "", stop));
    }
}

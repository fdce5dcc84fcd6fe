using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;

namespace TrafficCtl.Cli.Commands;

internal static class WhyCommand
{
    public static readonly CommandEntry Entry = new("why", "Says why a rollout is where it is, in numbers, from recorded facts", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var ask = AskOptions.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, ask);
        var rollout = new Option<string?>("--rollout") { Description = "An earlier rollout; the newest without it", HelpName = "ID" };
        command.Options.Add(rollout);
        command.SetAction(async (parse, stop) =>
        {
            using var client = ask.ClientOf(parse);
            var named = await ServiceArgument.ResolveAsync(parse.GetValue(service), client, stop);
            var why = await client.WhyAsync(named, parse.GetValue(rollout) ?? "", stop);
            if (ask.IsJson(parse)) surroundings.Out.WriteJson(why);
            else FactText.WriteWhy(why, surroundings.Out);
            return ExitCodes.Done;
        });
    }
}

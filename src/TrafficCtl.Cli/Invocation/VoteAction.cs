using System.CommandLine;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Cli.Invocation;

/// <summary>Approvals and rejections: wishes about one gate of one rollout.</summary>
internal static class VoteAction
{
    public static void Build(Command command, Surroundings surroundings, string kind)
    {
        var wish = WishAction.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, wish.Ask);
        var gate = new Option<string>("--gate")
        {
            Description = "Whom the gate asks, where several gates ask",
            HelpName = "ROLE|GROUP",
        }.RefuseLongerThan(TextLimits.Name);
        var rollout = new Option<string>("--rollout")
        {
            Description = "The id of the rollout that you looked at; of another one it is refused [default: the active one]",
            HelpName = "ID",
        }.RefuseLongerThan(TextLimits.Name);
        command.Options.Add(gate);
        command.Options.Add(rollout);
        command.SetAction((parse, stop) => wish.SendAsync(
            parse, parse.GetValue(service), kind, "", stop, request =>
            {
                (request.Gate, request.Rollout) = (parse.GetValue(gate) ?? "", parse.GetValue(rollout) ?? "");
            }));
    }
}

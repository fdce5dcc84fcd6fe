using System.CommandLine;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>Approvals and rejections: of a gate of one rollout, or of one in front of an environment of a pipeline.</summary>
internal static class VoteAction
{
    public static void Build(Command command, Surroundings surroundings, string kind)
    {
        var wish = WishAction.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, wish.Ask);
        var version = OrderAction.AddVersion(command, wish.Ask, "of a pipeline: the one that the gate asks of");
        var gate = new Option<string>("--gate")
        {
            Description = "The gate, or whom it asks, where several gates ask",
            HelpName = "NAME|ROLE|GROUP",
        }.RefuseLongerThan(TextLimits.Name);
        var rollout = new Option<string>("--rollout")
        {
            Description = "The id of the rollout that you looked at; of another one it is refused [default: the active one]",
            HelpName = "ID",
        }.RefuseLongerThan(TextLimits.Name);
        command.Options.Add(gate);
        command.Options.Add(rollout);
        command.SetAction(async (parse, stop) =>
        {
            var (named, of) = (parse.GetValue(service) ?? "", parse.GetValue(rollout) ?? "");
            var (name, environment, target) = TargetName.PartsOf(named);
            using var client = wish.Ask.ClientOf(parse);
            // Only what names an environment, and no rollout, can be meant for the gates in front of one.
            if (environment.Length > 0 && target.Length == 0 && of.Length == 0 && TargetName.IsWhole(named)
                && await client.Pipelines.FindAsync(name, stop) is not null)
            {
                var request = new MakeOrderRequest
                {
                    Service = name,
                    Environment = environment,
                    Kind = kind,
                    Version = parse.GetValue(version) ?? "",
                    Gate = parse.GetValue(gate) ?? "",
                };
                return await wish.OrderAsync(parse, client, request, named, stop);
            }

            if (parse.GetValue(version) is { } given)
                throw new Failure(
                    "not a pipeline", named.Length > 0 ? named : given,
                    $"name the rollout with --rollout, or write {kind} SERVICE@ENVIRONMENT VERSION", ExitCodes.Usage);
            return await wish.SendAsync(
                parse, parse.GetValue(service), kind, "", stop,
                request => (request.Gate, request.Rollout) = (parse.GetValue(gate) ?? "", of));
        });
    }
}

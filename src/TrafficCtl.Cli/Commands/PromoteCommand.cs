using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class PromoteCommand
{
    public static readonly CommandEntry Entry = new(
        "promote", "Takes the next step now, past dwell, gate and evidence; or orders a version into an environment", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var wish = WishAction.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, wish.Ask);
        var version = OrderAction.AddVersion(command, wish.Ask, "with --to: the newest that waits there");
        var full = new Option<bool>("--full") { Description = "Go to 100 % at once: no further step, no holdback; the watch stays" };
        var to = new Option<string?>("--to")
        {
            Description = "Of a pipeline: the environment that is to take the version, through its gates",
            HelpName = "ENVIRONMENT",
        };
        command.Options.Add(full);
        command.Options.Add(to);
        command.SetAction(async (parse, stop) =>
        {
            if (parse.GetValue(to) is not { } environment)
            {
                return parse.GetValue(version) is { } named
                    ? throw new Failure("where to", named, "name the environment with --to", ExitCodes.Usage)
                    : await wish.SendAsync(
                        parse, parse.GetValue(service), parse.GetValue(full) ? "promote-full" : "promote", "", stop);
            }

            if (parse.GetValue(full))
                throw new Failure("promote --to", "--full", "steps of a rollout are promoted without --to", ExitCodes.Usage);
            using var client = wish.Ask.ClientOf(parse);
            var request = new MakeOrderRequest
            {
                Kind = "promote",
                Service = await PipelineArguments.ResolveAsync(parse.GetValue(service), client, stop),
                Environment = environment,
                Version = parse.GetValue(version) ?? "",
            };
            return await wish.OrderAsync(parse, client, request, $"{request.Service}@{environment}", stop);
        });
    }
}

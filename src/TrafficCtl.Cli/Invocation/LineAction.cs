using System.CommandLine;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>Stops and releases of the line.</summary>
internal static class LineAction
{
    public static void Build(Command command, Surroundings surroundings, string kind)
    {
        var order = OrderAction.AddTo(command, surroundings);
        var name = new Argument<string?>("SERVICE")
        {
            Description = "The service, or SERVICE@ENVIRONMENT[/TARGET]",
            Arity = ArgumentArity.ZeroOrOne,
        };
        name.CompletionSources.Add(context => PipelineArguments.KnownTo(context.ParseResult, order.Ask)
            .SelectMany(static p => p.Environments.Select(e => $"{p.Service}@{e.Environment}").Prepend(p.Service)));
        var all = new Option<bool>("--all") { Description = "All services" };
        command.Arguments.Add(name.RefuseOptions());
        command.Options.Add(all);
        command.SetAction((parse, stop) =>
        {
            var (named, isAll) = (parse.GetValue(name) ?? "", parse.GetValue(all));
            if (named.Length > 0 == isAll)
                throw new Failure("which line", kind, "name a service, an environment or a target, or write --all", ExitCodes.Usage);
            if (!isAll && !TargetName.IsWhole(named))
                throw new Failure(
                    "no such name", named, "write SERVICE, SERVICE@ENVIRONMENT or SERVICE@ENVIRONMENT/TARGET", ExitCodes.Usage);
            var (service, environment, target) = TargetName.PartsOf(named);
            var request = new MakeOrderRequest { Kind = kind, Service = service, Environment = environment, Target = target };
            return order.SendAsync(parse, request, isAll ? "all services" : named, stop);
        });
    }
}

using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class WhyCommand
{
    public static readonly CommandEntry Entry = new(
        "why", "Says why a rollout, or a version in front of an environment, is where it is, from recorded facts", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var ask = AskOptions.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, ask);
        var environment = new Argument<string?>("ENVIRONMENT")
        {
            Description = "An environment of a pipeline: what is kept out of it, by what, and by whom",
            Arity = ArgumentArity.ZeroOrOne,
        };
        environment.CompletionSources.Add(context => PipelineArguments.KnownTo(context.ParseResult, ask)
            .SelectMany(static p => p.Environments.Select(static e => e.Environment)).Distinct(StringComparer.Ordinal));
        command.Arguments.Add(environment.RefuseOptions());
        var rollout = new Option<string?>("--rollout") { Description = "An earlier rollout; the newest without it", HelpName = "ID" };
        command.Options.Add(rollout);
        command.SetAction(async (parse, stop) =>
        {
            using var client = ask.ClientOf(parse);
            if (parse.GetValue(environment) is { } place)
            {
                if (parse.GetValue(rollout) is not null)
                    throw new Failure("which", place, $"of a rollout write why SERVICE@{place} --rollout ID", ExitCodes.Usage);
                var pipeline = await client.Pipelines.GetAsync(TargetName.ServiceOf(parse.GetValue(service)!), stop);
                var one = EnvironmentOf(pipeline, place);
                if (ask.IsJson(parse)) surroundings.Out.WriteJson(one);
                else BlocksText.WriteWhy(pipeline, one, surroundings.Out);
                return ExitCodes.Done;
            }

            var named = await ServiceArgument.ResolveAsync(parse.GetValue(service), client, stop);
            var why = await client.WhyAsync(named, parse.GetValue(rollout) ?? "", stop);
            if (ask.IsJson(parse)) surroundings.Out.WriteJson(why);
            else FactText.WriteWhy(why, surroundings.Out);
            return ExitCodes.Done;
        });
    }

    private static PipelineEnvironment EnvironmentOf(PipelineStatus pipeline, string named) =>
        pipeline.Environments.FirstOrDefault(e => e.Environment == named)
        ?? throw new Failure(
            "unknown environment", named,
            $"{pipeline.Service} has {string.Join(", ", pipeline.Environments.Select(static e => e.Environment))}");
}

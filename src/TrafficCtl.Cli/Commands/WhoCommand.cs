using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class WhoCommand
{
    public static readonly CommandEntry Entry = new("who", "Says who can do something about versions that do not go on", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var ask = AskOptions.AddTo(command, surroundings);
        var service = PipelineArguments.AddService(command, ask);
        service.Description = "The service; without it those of all pipelines";
        command.SetAction(async (parse, stop) =>
        {
            using var client = ask.ClientOf(parse);
            var named = parse.GetValue(service);
            var pipelines = string.IsNullOrEmpty(named)
                ? (await client.Pipelines.ListAsync(stop)).Pipelines
                : [await client.Pipelines.GetAsync(TargetName.ServiceOf(named), stop)];
            var blockers = BlockersOf(pipelines);
            if (ask.IsJson(parse)) surroundings.Out.WriteJson(blockers);
            else BlocksText.WriteWho(blockers, surroundings.Out);
            return ExitCodes.Done;
        });
    }

    private static BlockersResponse BlockersOf(IEnumerable<PipelineStatus> pipelines)
    {
        var all = pipelines.SelectMany(static p => p.Environments.SelectMany(e => e.Blocks.Select(
            b => new OwnedBlock { Service = p.Service, Environment = e.Environment, Block = b })));
        var answer = new BlockersResponse();
        answer.Blocks.AddRange(
            all.OrderBy(static b => b.Block.Owner.Length == 0).ThenBy(static b => b.Block.Owner, StringComparer.Ordinal));
        return answer;
    }
}

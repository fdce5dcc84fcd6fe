using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class StatusCommand
{
    private const int PastShown = 5;

    public static readonly CommandEntry Entry = new("status", "Shows every service, or one in full", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var ask = AskOptions.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, ask);
        service.Description = "The service; without it all are listed";
        var targets = new Option<bool>("--targets")
        {
            Description = "Of pipelines: what each target is to run, what it runs, and for how long it has been behind",
        };
        command.Options.Add(targets);
        command.SetAction(async (parse, stop) =>
        {
            using var client = ask.ClientOf(parse);
            var name = parse.GetValue(service) ?? "";
            if (parse.GetValue(targets)) return await WriteTargetsAsync(name, client, ask.IsJson(parse), surroundings.Out, stop);
            if (name is { Length: > 0 } named)
            {
                if (!named.Contains('@', StringComparison.Ordinal) && TargetName.IsWhole(named)
                    && await client.Pipelines.FindAsync(named, stop) is { } pipeline)
                {
                    if (ask.IsJson(parse)) surroundings.Out.WriteJson(pipeline);
                    else PromotionText.Write(pipeline, surroundings.Out);
                    return ExitCodes.Done;
                }

                var one = await client.GetServiceAsync(named, stop);
                if (ask.IsJson(parse)) surroundings.Out.WriteJson(one);
                else await WriteAsync(one, named, client, surroundings.Out, stop);
                return ExitCodes.Done;
            }

            var all = await client.ListServicesAsync(stop);
            if (ask.IsJson(parse))
            {
                surroundings.Out.WriteJson(all);
                return ExitCodes.Done;
            }

            var pipelines = (await client.Pipelines.ListIfAnyAsync(stop)).Pipelines;
            if (pipelines.Count > 0) WriteBoth(all, pipelines, surroundings.Out);
            else if (all.Services.Count == 1) await WriteAsync(all.Services[0], all.Services[0].Service, client, surroundings.Out, stop);
            else StatusText.WriteList(all, surroundings.Out);
            return ExitCodes.Done;
        });
    }

    private static void WriteBoth(ListServicesResponse services, IReadOnlyList<PipelineStatus> pipelines, TextWriter to)
    {
        if (services.Services.Count > 0)
        {
            StatusText.WriteList(services, to);
            to.WriteLine();
        }

        PromotionText.WriteList(pipelines, to);
    }

    private static async Task<int> WriteTargetsAsync(
        string named, AdminClient client, bool isJson, TextWriter to, CancellationToken stop)
    {
        var all = new ListPipelinesResponse();
        if (named.Length == 0) all = await client.Pipelines.ListAsync(stop);
        else all.Pipelines.Add(await client.Pipelines.GetAsync(TargetName.ServiceOf(named), stop));
        if (isJson) to.WriteJson(all);
        else TargetsText.Write(all.Pipelines, to);
        return ExitCodes.Done;
    }

    /// <summary>The present first: the past needs the store, which may be what is broken.</summary>
    private static async Task WriteAsync(
        ServiceStatus service, string name, AdminClient client, TextWriter to, CancellationToken stop)
    {
        StatusText.Write(service, to);
        if (service.Rollout is null && service.Previous is null) return;
        try
        {
            var newest = await client.ListRolloutsAsync(name, PastShown + 2, stop);
            StatusText.WritePast(service, name, newest, PastShown, to);
        }
        catch (Failure failure)
        {
            to.WriteLine();
            to.WriteLine($"  past rollouts are not known: {failure.Message}");
        }
    }
}

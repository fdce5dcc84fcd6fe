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
        command.SetAction(async (parse, stop) =>
        {
            using var client = ask.ClientOf(parse);
            if (parse.GetValue(service) is { Length: > 0 } named)
            {
                var one = await client.GetServiceAsync(named, stop);
                if (ask.IsJson(parse)) surroundings.Out.WriteJson(one);
                else await WriteAsync(one, named, client, surroundings.Out, stop);
                return ExitCodes.Done;
            }

            var all = await client.ListServicesAsync(stop);
            if (ask.IsJson(parse)) surroundings.Out.WriteJson(all);
            else if (all.Services.Count == 1) await WriteAsync(all.Services[0], all.Services[0].Service, client, surroundings.Out, stop);
            else StatusText.WriteList(all, surroundings.Out);
            return ExitCodes.Done;
        });
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

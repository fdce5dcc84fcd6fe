using System.CommandLine;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Cli.Watching;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Commands;

internal static class WatchCommand
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    public static readonly CommandEntry Entry = new(
        "watch", "Shows rollouts live until Ctrl-C; a line for each change where there is no terminal", Build);

    private static void Build(Command command, Surroundings surroundings)
    {
        var ask = AskOptions.AddTo(command, surroundings);
        var service = ServiceArgument.AddTo(command, ask);
        service.Description = "The service; without it all are shown";
        command.SetAction(async (parse, stop) =>
        {
            using var client = ask.ClientOf(parse);
            var named = parse.GetValue(service) is { Length: > 0 } name ? name : null;
            try
            {
                if (ask.IsJson(parse)) await EachAsync(client, named, surroundings.Out.WriteJson, stop);
                else if (!surroundings.IsTerminal) await EachAsync(client, named, new WatchLines(surroundings.Out).Show, stop);
                else await DrawAsync(client, named, surroundings, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return ExitCodes.Done; // How one stops watching.
            }

            throw new Failure("the watch ended", client.Address, "the service is no longer configured, or the daemon stopped");
        });
    }

    private static async Task EachAsync(AdminClient client, string? service, Action<ServiceStatus> show, CancellationToken stop)
    {
        await foreach (var status in client.WatchAsync(service, stop)) show(status);
    }

    /// <summary>Once drawn it stays, also while the daemon restarts.</summary>
    private static async Task DrawAsync(AdminClient client, string? service, Surroundings surroundings, CancellationToken stop)
    {
        await using var statuses = client.WatchAsync(service, stop).GetAsyncEnumerator(stop);
        if (!await statuses.MoveNextAsync()) return;
        var seen = new SortedDictionary<string, ServiceStatus>(StringComparer.Ordinal);
        using var screen = new Screen(surroundings);
        Draw(screen, seen, statuses.Current);
        var lost = await DrawRestAsync(screen, seen, statuses);
        while (true)
        {
            screen.Show((columns, rows) => ManyView.Render(seen.Values, lost, columns, rows));
            await Task.Delay(Again, surroundings.Clock, stop);
            await using var again = client.WatchAsync(service, stop).GetAsyncEnumerator(stop);
            seen.Clear();
            lost = await DrawRestAsync(screen, seen, again);
        }
    }

    /// <summary>Draws until the stream ends; returns why.</summary>
    private static async Task<string> DrawRestAsync(
        Screen screen, SortedDictionary<string, ServiceStatus> seen, IAsyncEnumerator<ServiceStatus> statuses)
    {
        try
        {
            while (await statuses.MoveNextAsync()) Draw(screen, seen, statuses.Current);
            return "the stream ended";
        }
        catch (Failure failure)
        {
            return failure.Message;
        }
    }

    private static void Draw(Screen screen, SortedDictionary<string, ServiceStatus> seen, ServiceStatus status)
    {
        seen[TargetName.Of(status)] = status;
        screen.Show((columns, rows) => ManyView.Render(seen.Values, null, columns, rows));
    }
}

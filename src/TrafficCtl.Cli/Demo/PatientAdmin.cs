using System.Runtime.CompilerServices;
using TrafficCtl.Cli.Demo.Views;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo;

/// <summary>The admin API of a daemon that is known to live: an answer that comes late is asked for again.</summary>
internal sealed class PatientAdmin(AdminClient admin, IDemoView view, TimeProvider clock)
{
    /// <summary>Without any answer for so long the daemon counts as lost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <exception cref="Failure">No answer within the patience.</exception>
    public async Task<T> AskAsync<T>(Func<AdminClient, Task<T>> ask, CancellationToken stop)
    {
        for (var since = clock.GetTimestamp(); ;)
        {
            try
            {
                return await ask(admin);
            }
            catch (Failure late) when (clock.GetElapsedTime(since) < Patience)
            {
                await WaitAsync(late, stop);
            }
        }
    }

    /// <summary>Statuses as they change, until stopped.</summary>
    /// <exception cref="Failure">None came within the patience.</exception>
    public async IAsyncEnumerable<ServiceStatus> WatchAsync(string service, [EnumeratorCancellation] CancellationToken stop)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            await using var statuses = admin.WatchAsync(service, stop).GetAsyncEnumerator(stop);
            while (await NextAsync(statuses, since, stop))
            {
                since = clock.GetTimestamp();
                yield return statuses.Current;
            }
        }
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<ServiceStatus> statuses, long since, CancellationToken stop)
    {
        try
        {
            if (await statuses.MoveNextAsync()) return true;
            throw new Failure("the daemon ended its watch", admin.Address, "see the log");
        }
        catch (Failure late) when (clock.GetElapsedTime(since) < Patience)
        {
            await WaitAsync(late, stop);
            return false;
        }
    }

    private Task WaitAsync(Failure late, CancellationToken stop)
    {
        view.Say($"{late.Message}: asking again");
        return Task.Delay(Pause, clock, stop);
    }
}

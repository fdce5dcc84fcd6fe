using System.Collections.Immutable;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Control.Leading;

/// <summary>All that a leader does: the control loop, and the tasks of the modules. One that fails ends the others too.</summary>
public sealed class LeaderWork(ControlLoop loop, Views views, IEnumerable<LeaderTask> tasks, TimeProvider clock)
{
    /// <summary>A round is due each second, and each service's faults make it pause for 30 s at most.</summary>
    public static readonly TimeSpan LongestRound = TimeSpan.FromSeconds(60);

    private readonly ImmutableArray<LeaderTask> tasks = [.. tasks];
    private volatile Term? term;

    /// <summary>
    /// Why the work must be begun anew by a new process: no round has ended for long although services are there. Null when all is well,
    /// and while this process does not lead.
    /// </summary>
    public string? SickBecause
    {
        get
        {
            if (term is not { } now) return null;
            var (led, silent) = (clock.GetElapsedTime(now.Began), loop.SinceRound);
            var time = led < silent ? led : silent;
            return time > LongestRound ? $"it is the leader, and no round has ended for {DurationText.Elapsed(time)}" : null;
        }
    }

    /// <param name="stop">Ends with the leadership.</param>
    public async Task RunAsync(CancellationToken stop)
    {
        term = new Term(clock.GetTimestamp());
        try
        {
            await TogetherAsync([loop.RunAsync, .. tasks.Select(static t => t.RunAsync)], stop);
        }
        finally
        {
            term = null;
            // Another process may decide from now on: what this one knew is not the record of today.
            views.Forget();
        }
    }

    /// <summary>Runs all until the first of them ends; the others are cancelled then. Throws what one of them failed with.</summary>
    public static async Task TogetherAsync(ImmutableArray<Func<CancellationToken, Task>> works, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var running = works.Select(work => Task.Run(() => work(ending.Token), CancellationToken.None)).ToArray();
        await Task.WhenAny(running);
        await ending.CancelAsync();
        await Task.WhenAll(running);
    }

    /// <summary>From the timestamp at which the work began until all of it has ended.</summary>
    private sealed record Term(long Began);
}

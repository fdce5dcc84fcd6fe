using TrafficCtl.Kubernetes;

namespace TrafficCtl.Daemon.Access.Cluster;

/// <summary>
/// Asks during a long call whether its caller may still what it might: beside the call, which does not wait for the answer.
/// </summary>
/// <param name="clock">The clock of the process.</param>
/// <param name="every">How old an answer may be before it is asked for anew.</param>
/// <param name="ask">Whether all is as it was.</param>
internal sealed class KubeRecheck(TimeProvider clock, TimeSpan every, Func<Task<bool>> ask)
{
    /// <summary>An API server that is away for longer ends the call.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private readonly Lock gate = new();
    private long verifiedAt = clock.GetTimestamp();
    private Task running = Task.CompletedTask;
    private bool isRefused;

    public bool IsStillGood()
    {
        lock (gate)
        {
            var age = clock.GetElapsedTime(verifiedAt);
            if (isRefused || age >= Longest) return false;
            if (age >= every && running.IsCompleted) running = Task.Run(AskAsync);
            return true;
        }
    }

    private async Task AskAsync()
    {
        var at = clock.GetTimestamp();
        bool isGood;
        try
        {
            isGood = await ask();
        }
        catch (KubeException)
        {
            return; // Unknown: the answer that is there gets older.
        }

        lock (gate)
        {
            if (isGood) verifiedAt = at;
            else isRefused = true;
        }
    }
}

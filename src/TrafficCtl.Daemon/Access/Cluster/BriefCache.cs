using TrafficCtl.Kubernetes;

namespace TrafficCtl.Daemon.Access.Cluster;

/// <summary>Answers that are kept for a short time, each asked for once however many want it.</summary>
/// <param name="life">How long.</param>
/// <param name="most">How many there are at most; beyond it, nothing is asked for a new one.</param>
/// <param name="clock">The clock of the process.</param>
internal sealed class BriefCache<TKey, TValue>(TimeSpan life, int most, TimeProvider clock)
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Dictionary<TKey, (Task<TValue> Answer, long At)> held = [];

    /// <summary>The answer, from memory or asked for now. A failure is not kept.</summary>
    /// <param name="key">What it is the answer to.</param>
    /// <param name="ask">Asks; no caller's patience ends it, as others wait for it too.</param>
    /// <returns>The answer, a failure of what was asked, or <see cref="KubeException"/> when too much is asked at once.</returns>
    public Task<TValue> GetAsync(TKey key, Func<Task<TValue>> ask)
    {
        lock (gate)
        {
            if (held.TryGetValue(key, out var known) && IsInForce(known)) return known.Answer;
            if (held.Count >= most) Sweep();
            if (held.Count >= most && !held.ContainsKey(key))
                return Task.FromException<TValue>(
                    new KubeException("too many callers are asked for at once: try again later", null, "TooMany"));
            var answer = Task.Run(ask);
            held[key] = (answer, clock.GetTimestamp());
            return answer;
        }
    }

    private bool IsInForce((Task<TValue> Answer, long At) entry) =>
        !entry.Answer.IsCompleted || (entry.Answer.IsCompletedSuccessfully && clock.GetElapsedTime(entry.At) < life);

    private void Sweep()
    {
        foreach (var (key, entry) in held)
            if (!IsInForce(entry)) held.Remove(key);
    }
}

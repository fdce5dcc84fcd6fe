using System.Collections.Concurrent;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>Open tunnels. They outlive a drain and a step back to 0 by nature, so both close them after the drain's time.</summary>
internal sealed class Tunnels : IDisposable
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Tunnel, long?> open = new();
    private readonly TimeProvider clock;
    private readonly ITimer timer;

    public Tunnels(TimeProvider clock)
    {
        this.clock = clock;
        timer = clock.CreateTimer(static tunnels => ((Tunnels)tunnels!).CloseStranded(), this, Round, Round);
    }

    public int Count => open.Count;

    public void Add(Tunnel tunnel) => open[tunnel] = null;

    public void Remove(Tunnel tunnel) => open.TryRemove(tunnel, out _);

    public void CloseAll()
    {
        foreach (var (tunnel, _) in open) tunnel.Cut();
    }

    /// <summary>Closes a candidate's tunnels once its exposure has been 0, or any once the service is gone, for the drain time.</summary>
    public void CloseStranded()
    {
        var now = clock.GetTimestamp();
        foreach (var (tunnel, since) in open)
        {
            if (!tunnel.IsStranded) open.TryUpdate(tunnel, null, since);
            else if (since is null) open.TryUpdate(tunnel, now, null);
            else if (clock.GetElapsedTime(since.Value, now) >= tunnel.DrainMax) tunnel.Cut();
        }
    }

    public void Dispose() => timer.Dispose();
}

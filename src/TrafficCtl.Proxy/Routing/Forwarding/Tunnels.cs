using System.Collections.Concurrent;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Proxy.Routing.Forwarding;

/// <summary>Open tunnels. They outlive a drain and a step back to 0 by nature, so both close them after the drain's time.</summary>
internal sealed class Tunnels : IDisposable
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Exchange, DateTimeOffset?> open = new();
    private readonly TimeProvider clock;
    private readonly ITimer timer;

    public Tunnels(TimeProvider clock)
    {
        this.clock = clock;
        timer = clock.CreateTimer(static tunnels => ((Tunnels)tunnels!).CloseStranded(), this, Round, Round);
    }

    public int Count => open.Count;

    public void Add(Exchange exchange) => open[exchange] = null;

    public void Remove(Exchange exchange) => open.TryRemove(exchange, out _);

    public void CloseAll()
    {
        foreach (var (exchange, _) in open) exchange.Http.Abort();
    }

    /// <summary>Closes a candidate's tunnels once its exposure has been 0, or any once the service is gone, for the drain time.</summary>
    public void CloseStranded()
    {
        var now = clock.GetUtcNow();
        foreach (var (exchange, since) in open)
        {
            if (!IsStranded(exchange)) open.TryUpdate(exchange, null, since);
            else if (since is null) open.TryUpdate(exchange, now, null);
            else if (exchange.Plan is { } plan && now - since >= plan.Serving.Spec.Proxy.DrainMax) exchange.Http.Abort();
        }
    }

    public void Dispose() => timer.Dispose();

    private static bool IsStranded(Exchange exchange)
    {
        if (exchange is not { Plan: { } plan, Binding: { } binding }) return false;
        if (binding.IsRemoved) return true;
        if (exchange.Arm != Arm.Candidate) return false;
        var current = binding.Runtime.Current;
        if (current.StableVersion == plan.Candidate?.Version) return false;
        return current.CandidateVersion != plan.Candidate?.Version || current.Effective.Highest.Candidate == 0;
    }
}

using System.Collections.Immutable;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Forwarding;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Health;

/// <summary>Asks every endpoint in turn whether it lives, and tells the forwarder and the book.</summary>
/// <remarks>
/// An endpoint that does not live is asked each second, so that a start or a recovery is seen at once. Where there are thousands, probes
/// are spread over the interval, and no more than <see cref="ProbeTimes.MostPerSecond"/> are made: requests come first, and find out
/// themselves that an endpoint does not answer. Only so many are under way: on a machine that is too busy, each would else end by its
/// timeout, every endpoint would count as dead and be asked more often still.
/// </remarks>
internal sealed class Prober(Forwarder forwarder, HealthBook book, TimeProvider clock) : IDisposable
{
    /// <summary>Probes under way. The others wait for their turn, and their time runs from then.</summary>
    public const int MostAtOnce = 256;

    private static readonly TimeSpan Impatient = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim turns = new(MostAtOnce);

    private Dictionary<Watched, CancellationTokenSource> watching = [];
    private long leastPause;

    /// <summary>Watches the endpoints of these services and no others; those already watched in the same way go on.</summary>
    public void Watch(ImmutableArray<ServiceSpec> specs)
    {
        var next = new Dictionary<Watched, CancellationTokenSource>();
        var begun = new List<(Watched Watched, CancellationTokenSource Stop)>();
        foreach (var spec in specs)
        {
            foreach (var version in spec.Versions)
            {
                foreach (var endpoint in version.Endpoints)
                {
                    var watched = new Watched(
                        spec.Key, version.Version, ForwarderConfig.IdOf(spec, version), endpoint, spec.Embedded.Proxy.Health,
                        spec.Embedded.Proxy.Protocol);
                    if (next.ContainsKey(watched)) continue;
                    if (watching.Remove(watched, out var going)) next.Add(watched, going);
                    else begun.Add((watched, next[watched] = new CancellationTokenSource()));
                }
            }
        }

        Stop();
        watching = next;
        Volatile.Write(ref leastPause, ProbeTimes.LeastPause(next.Count).Ticks);
        for (var i = 0; i < begun.Count; i++) Begin(begun[i].Watched, new ProbeTimes(i, begun.Count), begun[i].Stop.Token);
    }

    public void Stop()
    {
        foreach (var going in watching.Values) going.Cancel();
        watching = [];
    }

    public void Dispose()
    {
        Stop();
        turns.Dispose();
    }

    private void Begin(Watched watched, ProbeTimes times, CancellationToken stop) =>
        _ = Task.Run(() => FollowAsync(watched, times, stop), CancellationToken.None);

    private async Task FollowAsync(Watched watched, ProbeTimes times, CancellationToken stop)
    {
        try
        {
            if (times.Start > TimeSpan.Zero) await Task.Delay(times.Start, clock, stop);
            for (var isFirst = true; ; isFirst = false)
            {
                var isGood = await IsGoodAsync(watched, stop);
                var isLive = Note(watched, isGood);
                var pause = isLive == true && isGood || watched.Health.Interval < Impatient ? watched.Health.Interval : Impatient;
                pause = TimeSpan.FromTicks(Math.Max(pause.Ticks, Volatile.Read(ref leastPause)));
                await Task.Delay(isFirst ? times.FirstPause(pause) : pause, clock, stop);
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // No longer watched.
        }
    }

    /// <summary>By the client of the moment: a reload may have brought another one.</summary>
    private async Task<bool> IsGoodAsync(Watched watched, CancellationToken stop)
    {
        await turns.WaitAsync(stop);
        try
        {
            return forwarder.Clusters.TryGetCluster(watched.ClusterId, out var cluster) && cluster.Model.HttpClient is UpstreamClient client
                && await Probe.IsGoodAsync(client, watched.Endpoint, watched.Health, watched.Protocol, clock, stop);
        }
        finally
        {
            turns.Release();
        }
    }

    private bool? Note(Watched watched, bool isGood)
    {
        var isLive = book.Find(watched.Key, watched.Version)?.Note(watched.Endpoint, isGood);
        if (!forwarder.Clusters.TryGetCluster(watched.ClusterId, out var cluster)) return isLive;
        if (!cluster.Destinations.TryGetValue(watched.Endpoint.AbsoluteUri, out var destination)) return isLive;
        var health = isLive switch
        {
            true => DestinationHealth.Healthy,
            false => DestinationHealth.Unhealthy,
            null => destination.Health.Active,
        };
        forwarder.Health.SetActive(cluster, [new NewActiveDestinationHealth(destination, health)]);
        return isLive;
    }

    private sealed record Watched(
        TargetKey Key, string Version, string ClusterId, Uri Endpoint, HealthSettings Health, UpstreamProtocol Protocol);
}

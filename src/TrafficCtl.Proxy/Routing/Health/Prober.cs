using System.Collections.Immutable;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Routing.Forwarding;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Routing.Health;

/// <summary>Asks every endpoint in turn whether it lives, and tells the forwarder and the book.</summary>
/// <remarks>An endpoint that does not live is asked each second, so that a start or a recovery is seen at once.</remarks>
internal sealed class Prober(Forwarder forwarder, HealthBook book, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Impatient = TimeSpan.FromSeconds(1);

    private Dictionary<Watched, CancellationTokenSource> watching = [];

    /// <summary>Watches the endpoints of these services and no others; those already watched in the same way go on.</summary>
    public void Watch(ImmutableArray<ServiceSpec> specs)
    {
        var next = new Dictionary<Watched, CancellationTokenSource>();
        foreach (var spec in specs)
        {
            foreach (var version in spec.Versions)
            {
                foreach (var endpoint in version.Endpoints)
                {
                    var watched = new Watched(spec.Key, version.Version, ForwarderConfig.IdOf(spec, version), endpoint, spec.Embedded.Proxy.Health, spec.Embedded.Proxy.Protocol);
                    if (next.ContainsKey(watched)) continue;
                    if (watching.Remove(watched, out var going)) next.Add(watched, going);
                    else next.Add(watched, Begin(watched));
                }
            }
        }

        Stop();
        watching = next;
    }

    public void Stop()
    {
        foreach (var going in watching.Values) going.Cancel();
        watching = [];
    }

    public void Dispose() => Stop();

    private CancellationTokenSource Begin(Watched watched)
    {
        var stop = new CancellationTokenSource();
        _ = Task.Run(() => FollowAsync(watched, stop.Token), CancellationToken.None);
        return stop;
    }

    private async Task FollowAsync(Watched watched, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var isGood = await IsGoodAsync(watched, stop);
                var isLive = Note(watched, isGood);
                var pause = isLive == true && isGood || watched.Health.Interval < Impatient ? watched.Health.Interval : Impatient;
                await Task.Delay(pause, clock, stop);
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // No longer watched.
        }
    }

    /// <summary>By the client of the moment: a reload may have brought another one.</summary>
    private async Task<bool> IsGoodAsync(Watched watched, CancellationToken stop) =>
        forwarder.Clusters.TryGetCluster(watched.ClusterId, out var cluster) && cluster.Model.HttpClient is UpstreamClient client
        && await Probe.IsGoodAsync(client, watched.Endpoint, watched.Health, watched.Protocol, clock, stop);

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

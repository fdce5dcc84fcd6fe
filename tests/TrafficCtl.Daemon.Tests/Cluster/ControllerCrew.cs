using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>Some controllers of one cluster; each has a token of its own there, which is its identity, and can be killed.</summary>
internal sealed class ControllerCrew(FakeKube kube, ShopMetrics metrics, TimeSpan lease, TimeSpan scrape, LastLines said) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, DaemonHost> living = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> dead = new(StringComparer.Ordinal);
    private readonly List<Task> ending = [];
    private int born;

    /// <param name="change">What is otherwise with this one.</param>
    public async Task<string> StartAsync(Func<DaemonOptions, DaemonOptions>? change = null)
    {
        var name = $"controller-{++born}";
        kube.Intercept ??= call => IsDead(call) ? new KubeFault.Drop() : null;
        change ??= static options => options;
        living[name] = await DaemonHost.StartAsync(
            change(new DaemonOptions
            {
                Clusters =
                [
                    new ClusterModuleOptions
                    {
                        Identity = name,
                        Access = new KubeAccess
                        {
                            Server = kube.Address,
                            From = "a test",
                            Namespace = "trafficctl-system",
                            Credentials = new NamedCredentials(name),
                        },
                        LeaseDuration = lease,
                    },
                ],
                Prometheus = metrics.AddressFor(name),
                Scrape = scrape,
                Admin = new Uri("http://127.0.0.1:0"),
                Probes = new IPEndPoint(IPAddress.Loopback, 0),
                Logging = l => l.AddProvider(said),
            }), default);
        return name;
    }

    public bool IsDead(KubeCall call) => dead.ContainsKey(call.Token);

    public bool Lives(string name) => living.ContainsKey(name);

    public DaemonHost this[string name] => living[name];

    /// <summary>From now on no call of it arrives; the process, which cannot know, ends when it is let.</summary>
    /// <param name="name">Whom.</param>
    /// <param name="after">When the process itself ends: at once as in a crash, or later as when only its network is gone.</param>
    public void Kill(string name, Task after)
    {
        dead[name] = true;
        if (living.TryRemove(name, out var host)) ending.Add(EndAsync());

        async Task EndAsync()
        {
            await after;
            await host!.DisposeAsync();
        }
    }

    /// <summary>It ends as on SIGTERM: it finishes, and releases the Lease.</summary>
    public async Task StopAsync(string name)
    {
        if (living.TryRemove(name, out var host)) await host.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in living.Keys) Kill(name, Task.CompletedTask);
        await Task.WhenAll(ending);
    }
}

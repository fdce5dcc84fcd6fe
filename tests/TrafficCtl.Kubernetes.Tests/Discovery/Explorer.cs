using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Discovery;

/// <summary>A discovery over a cluster in memory, and what it told.</summary>
internal sealed class Explorer : IEventRecorder, IDisposable
{
    public Explorer(MemoryCluster kube)
        : this(kube, kube)
    {
    }

    /// <param name="view">What is watched.</param>
    /// <param name="kube">Where notes are kept.</param>
    /// <param name="views">What is known of an engine; null where nothing is known.</param>
    /// <param name="clock">The time; null for one of its own.</param>
    public Explorer(IKubeView view, IKube kube, Views? views = null, ManualClock? clock = null)
    {
        (Views, Clock) = (views ?? new Views(), clock ?? new ManualClock());
        Discovery = new ClusterDiscovery(
            new ClusterLink(view, kube, () => Leads), new PlainReader(), Views, this, Sets.Add, Clock,
            NullLogger<ClusterDiscovery>.Instance);
    }

    public ManualClock Clock { get; }

    /// <summary>The engine's word on what serves.</summary>
    public Views Views { get; }

    public ClusterDiscovery Discovery { get; }

    public bool Leads { get; set; } = true;

    public List<ImmutableArray<ServiceSpec>> Sets { get; } = [];

    public List<ObjectEvent> Told { get; } = [];

    public IEnumerable<string> Reasons => Told.Select(t => t.Reason);

    /// <summary>One pass, and the only service found.</summary>
    public ServiceSpec Read()
    {
        Discovery.Read();
        return Assert.Single(Sets[^1]);
    }

    /// <summary>One pass, with its notes kept.</summary>
    public async Task<ServiceSpec> KeepAsync()
    {
        Discovery.Read();
        await Discovery.KeepAsync(CancellationToken.None);
        return Assert.Single(Sets[^1]);
    }

    public static (string Service, string? Version, bool IsReady)[] SlotsOf(ServiceSpec spec) =>
        [.. spec.Cluster!.Slots.Select(s => (s.Service, s.Version, s.IsReady))];

    void IEventRecorder.Record(ObjectEvent told) => Told.Add(told);

    public void Dispose() => Discovery.Dispose();

    /// <summary>Reads the keys that these tests use; the strict reader has tests of its own.</summary>
    private sealed class PlainReader : IDeliveryReader
    {
        public ReadDelivery Read(DeclaredService declared)
        {
            var route = declared.Delivery is { } spec ? spec["route"]?.ToString() : declared.Keys.GetValueOrDefault("route");
            if (declared.Keys.GetValueOrDefault("enabled") == "false") return new(null, IsOff: true, [], []);
            if (route is null) return new(null, IsOff: false, [$"{declared.Origin}: route is missing", $"{declared.Origin}: and more"], []);
            var isManaged = declared.Keys.GetValueOrDefault("managed") == "true";
            return new(
                new ClusterDelivery
                {
                    Namespace = declared.Namespace,
                    Service = declared.Service,
                    Environment = declared.Keys.GetValueOrDefault("environment", "default"),
                    Route = new RouteReference("istio", route, null),
                    Mode = RouteMode.Patch,
                    Metrics = "istio",
                    StableService = $"{declared.Service}-stable",
                    CandidateService = isManaged ? $"{declared.Service}-candidate" : $"{declared.Service}-canary",
                    IsManaged = isManaged,
                },
                IsOff: false, [], declared.Keys.GetValueOrDefault("doubt") is { } doubt ? [$"{declared.Origin}: {doubt}"] : []);
        }
    }
}

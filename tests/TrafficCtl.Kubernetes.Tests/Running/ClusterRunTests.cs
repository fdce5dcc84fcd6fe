using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Control;
using TrafficCtl.Control.Leading;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Running;
using TrafficCtl.Kubernetes.Tests.Deploy;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Running;

/// <summary>A whole controller on a cluster where nothing is declared.</summary>
public sealed class ClusterRunTests
{
    private static readonly LeaseSettings Lease = new("ops", "trafficctl", "a")
    {
        LeaseDuration = TimeSpan.FromSeconds(3),
        RenewDeadline = TimeSpan.FromSeconds(2),
        RetryPeriod = TimeSpan.FromSeconds(0.2),
    };

    [Fact]
    public async Task A_leader_that_was_replaced_shows_and_believes_nothing_of_what_it_knew()
    {
        await using var kube = await FakeKube.StartAsync();
        foreach (var file in (string[])["deliveries", "rollouts"]) kube.PutFile(DeployFiles.Path($"crds/trafficctl.io_{file}.yaml"));
        await using var services = new ServiceCollection().AddLogging().AddControl()
            .AddClusters(
                [
                    new ClusterOptions(
                        KubeStage.Access(kube) with { Namespace = "ops" }, Lease, new PrometheusOptions(new Uri("http://127.0.0.1:9")))
                    {
                        Client = KubeClientOptions.Default with { CallTimeout = TimeSpan.FromSeconds(1) },
                    },
                ],
                static _ => new NoDeliveries()).BuildServiceProvider();
        var (run, views) = (services.GetRequiredService<DrivenClusters>().All[0].Run, services.GetRequiredService<Views>());
        using var stopping = new CancellationTokenSource();
        var leadership = services.GetRequiredService<ILeadership>();
        var running = Task.WhenAll(
            run.RunAsync(stopping.Token), leadership.RunAsync(services.GetRequiredService<LeaderWork>().RunAsync, stopping.Token));
        await Eventually.TrueAsync(() => run.IsLeading && views.Version > 0, "it leads, and discovery has looked");
        var key = new TargetKey("shop.checkout", "default");
        var spec = new ServiceSpec { Service = key.Service, Target = Mesh.MeshTools.Target("istio"), Versions = [], Stable = "v1" };
        views.Put(ServiceView.Unknown(spec, default) with { Record = Examples.Birth(key).Record });

        kube.PutYaml("""
            apiVersion: coordination.k8s.io/v1
            kind: Lease
            metadata: { name: trafficctl, namespace: ops }
            spec: { holderIdentity: b, leaseDurationSeconds: 60, leaseTransitions: 1 }
            """);
        await Eventually.TrueAsync(() => !run.IsLeading, "it leads no longer");

        await Eventually.TrueAsync(() => views.Find(Keys.Of("shop.checkout"))!.Record is null, "what it knew is forgotten");
        await stopping.CancelAsync();
        await running;
    }

    private sealed class NoDeliveries : IDeliveryReader
    {
        public ReadDelivery Read(DeclaredService declared) => new(null, IsOff: true, [], []);
    }
}

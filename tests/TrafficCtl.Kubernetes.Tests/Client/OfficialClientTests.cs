using k8s;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Events;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Tests.Access;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Client;

/// <summary>
/// The official client, with its typed models, is an independent reader of what we write and an independent writer beside us.
/// </summary>
public sealed class OfficialClientTests
{
    private const string Space = "shop";

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private static readonly DateTimeOffset Now = new(2026, 11, 30, 8, 0, 0, 125, TimeSpan.Zero);

    [Fact]
    public async Task It_reads_a_Lease_that_we_hold()
    {
        await using var stage = await KubeStage.OpenAsync();
        using var other = Other(stage);
        var settings = new LeaseSettings(Space, "trafficctl", "us");
        await stage.Client.CreateAsync(KubeKind.Lease, Space, LeaseObject.New(settings, Now), Stop);

        var lease = await other.CoordinationV1.ReadNamespacedLeaseAsync(settings.Name, Space, cancellationToken: Stop);
        Assert.Equal(("us", 15, 0), (lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds, lease.Spec.LeaseTransitions));
        Assert.Equal(
            (Now.UtcDateTime, Now.UtcDateTime),
            (lease.Spec.RenewTime!.Value.ToUniversalTime(), lease.Spec.AcquireTime!.Value.ToUniversalTime()));
    }

    [Fact]
    public async Task A_Lease_that_it_takes_is_not_taken_from_it()
    {
        await using var stage = await KubeStage.OpenAsync();
        using var other = Other(stage);
        var settings = new LeaseSettings(Space, "trafficctl", "us");
        var ours = await stage.Client.CreateAsync(KubeKind.Lease, Space, LeaseObject.New(settings, Now), Stop);
        var lease = await other.CoordinationV1.ReadNamespacedLeaseAsync(settings.Name, Space, cancellationToken: Stop);
        lease.Spec.HolderIdentity = "another";
        lease.Spec.RenewTime = Now.AddSeconds(1).UtcDateTime;
        await other.CoordinationV1.ReplaceNamespacedLeaseAsync(lease, settings.Name, Space, cancellationToken: Stop);

        var renewed = LeaseObject.Held(ours, settings, Now.AddSeconds(2));
        var refused =
            await Assert.ThrowsAsync<KubeException>(async () => await stage.Client.ReplaceAsync(settings.Lease, renewed, null, Stop));
        Assert.True(refused.IsConflict);
        Assert.Equal("another", LeaseObject.Holder((await stage.Client.GetAsync(settings.Lease, Stop))!));
    }

    [Fact]
    public async Task It_reads_an_event_that_we_record()
    {
        await using var stage = await KubeStage.OpenAsync();
        using var other = Other(stage);
        var about = new KubeOrigin(new KubeName(KubeKind.Service, Space, "checkout"), "uid-7");
        var written = EventObject.Of(
            new ObjectEvent(about, IsWarning: true, "RolledBack", "Rollback", "errors rose"), "checkout.1", "pod-1", Now);
        await stage.Client.CreateAsync(KubeKind.Event, Space, written, Stop);

        var read = await other.EventsV1.ReadNamespacedEventAsync("checkout.1", Space, cancellationToken: Stop);
        Assert.Equal(("RolledBack", "Rollback", "errors rose", "Warning"), (read.Reason, read.Action, read.Note, read.Type));
        Assert.Equal(("Service", "checkout", "uid-7"), (read.Regarding.Kind, read.Regarding.Name, read.Regarding.Uid));
        Assert.Equal(Now.UtcDateTime, read.EventTime!.Value.ToUniversalTime());
    }

    [Fact]
    public async Task It_writes_a_field_that_it_does_not_know_away_and_we_do_not()
    {
        await using var stage = await KubeStage.OpenAsync();
        using var other = Other(stage);
        var settings = new LeaseSettings(Space, "trafficctl", "us");
        var lease = LeaseObject.New(settings, Now);
        lease["spec"]!["ofTomorrow"] = "kept";
        stage.Kube.Put(lease);

        var ours = (await stage.Client.GetAsync(settings.Lease, Stop))!;
        await stage.Client.ReplaceAsync(settings.Lease, LeaseObject.Held(ours, settings, Now.AddSeconds(2)), null, Stop);
        Assert.Equal("kept", (string?)(await stage.Client.GetAsync(settings.Lease, Stop))!["spec"]!["ofTomorrow"]);

        // This is why no object is written by its models.
        var typed = await other.CoordinationV1.ReadNamespacedLeaseAsync(settings.Name, Space, cancellationToken: Stop);
        await other.CoordinationV1.ReplaceNamespacedLeaseAsync(typed, settings.Name, Space, cancellationToken: Stop);
        Assert.Null((await stage.Client.GetAsync(settings.Lease, Stop))!["spec"]!["ofTomorrow"]);
    }

    [Fact]
    public async Task It_finds_the_same_cluster_and_the_same_person_in_a_kubeconfig()
    {
        using var folder = new Folder();
        var file = folder.Write("config", """
            apiVersion: v1
            kind: Config
            current-context: prod
            clusters:
            - name: c1
              cluster: {server: "https://10.0.0.1:6443", tls-server-name: api}
            - name: c2
              cluster: {server: "https://10.0.0.2:6443"}
            contexts:
            - name: prod
              context: {cluster: c1, user: jane, namespace: shop}
            - name: test
              context: {cluster: c2, user: jane}
            users:
            - name: jane
              user: {token: abc}
            """);
        foreach (var context in (string?[])[null, "test"])
        {
            var ours = KubeConfig.Find(file, context, TimeProvider.System);
            var other = KubernetesClientConfiguration.BuildConfigFromConfigFile(file, context);
            Assert.Equal(
                (new Uri(other.Host), other.TlsServerName, other.Namespace),
                (ours.Server, ours.TlsServerName, ours.Namespace ?? other.Namespace));
            Assert.Equal($"Bearer {other.AccessToken}", (await ours.Credentials.GetAsync(Stop)).Header!.ToString());
        }
    }

    private static k8s.Kubernetes Other(KubeStage stage) =>
        new(new KubernetesClientConfiguration { Host = stage.Kube.Address.AbsoluteUri, DisableHttp2 = true });
}

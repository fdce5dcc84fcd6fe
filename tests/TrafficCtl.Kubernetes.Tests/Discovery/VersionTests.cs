using System.Text.Json.Nodes;
using TrafficCtl.Core.Services;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Discovery;

public sealed class VersionTests
{
    private readonly MemoryCluster kube = new();

    [Fact]
    public void A_pair_with_one_template_runs_one_version()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);

        var spec = explorer.Read();

        Assert.StartsWith("v1+", Assert.Single(spec.Versions).Version, StringComparison.Ordinal);
        Assert.Equal(spec.Stable, spec.Cluster!.Slots[1].Version);
        Assert.Equal(64, spec.Versions[0].Content!.Length);
    }

    [Fact]
    public void The_stable_slots_version_is_listed_first()
    {
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);

        var spec = explorer.Read();

        Assert.Equal(["v1", "v2"], spec.Versions.Select(v => v.Version.Split('+')[0]));
        Assert.Equal(spec.Versions[0].Version, spec.Stable);
        Assert.Equal(
            ("checkout-stable", 80, "checkout-stable"),
            (spec.Cluster!.Slots[0].Service, spec.Cluster.Slots[0].Port, spec.Cluster.Slots[0].Workload));
    }

    [Theory]
    [InlineData("ghcr.io/acme/checkout:2.4.1", "2.4.1+")]
    [InlineData("registry.shop.example:5000/checkout:2.4", "2.4+")]
    [InlineData("registry.shop.example:5000/checkout", "")]
    [InlineData("checkout@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "")]
    [InlineData("checkout:2.4@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "2.4+")]
    public void A_version_is_named_by_its_tag_and_a_hash(string image, string human)
    {
        Shop.PutPair(kube);
        Shop.PutDeployment(kube, "checkout-stable", image);
        using var explorer = new Explorer(kube);

        var version = explorer.Read().Stable;

        Assert.Equal(human, version[..^8]);
        Assert.True(version[^8..].All(char.IsAsciiHexDigitLower));
    }

    [Fact]
    public void The_version_label_wins_over_the_tag()
    {
        Shop.PutPair(kube);
        Shop.PutDeployment(
            kube, "checkout-stable", "checkout:latest",
            with: d => d["spec"]!["template"]!["metadata"]!["labels"]!["app.kubernetes.io/version"] = "2026-11");
        using var explorer = new Explorer(kube);

        Assert.StartsWith("2026-11+", explorer.Read().Stable, StringComparison.Ordinal);
    }

    [Fact]
    public void A_restart_is_no_new_version()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        var before = explorer.Read();

        kube.Edit(Shop.Deployment("checkout-canary"), d => d["spec"]!["template"]!["metadata"]!["annotations"] =
            new JsonObject { ["kubectl.kubernetes.io/restartedAt"] = "2026-11-21T07:00:00Z" });
        Shop.Settle(kube, "checkout-canary");

        Assert.Same(before, explorer.Read());
    }

    [Fact]
    public void A_scaled_Deployment_is_no_new_version()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        var before = explorer.Read();

        kube.Edit(Shop.Deployment("checkout-canary"), d => d["spec"]!["replicas"] = 9);

        Assert.Equal(before.Versions, explorer.Read().Versions);
    }

    [Fact]
    public void The_same_tag_with_another_template_is_another_version()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        explorer.Read();

        kube.Edit(Shop.Deployment("checkout-canary"), d =>
            d["spec"]!["template"]!["spec"]!["containers"]![0]!["args"] = new JsonArray("--fast"));

        Assert.Equal(2, explorer.Read().Versions.Length);
    }

    [Fact]
    public void Changed_configuration_is_another_version_of_the_same_tag()
    {
        Shop.PutPair(kube);
        PutConfigured("checkout-canary", "checkout-canary");
        Shop.PutConfig(kube, "checkout-canary", "a=1");
        using var explorer = new Explorer(kube);
        var before = explorer.Read().Cluster!.Slots[1].Version!;

        Shop.PutConfig(kube, "checkout-canary", "a=2");
        var after = explorer.Read().Cluster!.Slots[1].Version!;

        Assert.NotEqual(before, after);
        Assert.Equal("v1", after.Split('+')[0]);
    }

    [Fact]
    public void The_same_configuration_under_another_name_is_the_same_version()
    {
        Shop.PutPair(kube);
        PutConfigured("checkout-stable", "checkout-old");
        PutConfigured("checkout-canary", "checkout-new");
        Shop.PutConfig(kube, "checkout-old", "a=1");
        Shop.PutConfig(kube, "checkout-new", "a=1");
        using var explorer = new Explorer(kube);

        Assert.Single(explorer.Read().Versions);
    }

    [Fact]
    public void Configuration_that_is_not_to_be_tracked_counts_by_its_name()
    {
        Shop.PutPair(kube);
        PutConfigured("checkout-canary", "flags");
        Shop.PutConfig(kube, "flags", "a=1");
        kube.Edit(new KubeName(KubeKind.ConfigMap, Shop.Space, "flags"), c =>
            c["metadata"]!["annotations"] = new JsonObject { ["trafficctl.io/tracked"] = "false" });
        using var explorer = new Explorer(kube);
        var before = explorer.Read().Versions;

        kube.Edit(new KubeName(KubeKind.ConfigMap, Shop.Space, "flags"), c => c["data"]!["settings"] = "a=2");

        Assert.Equal(before, explorer.Read().Versions);
    }

    [Fact]
    public void Configuration_that_is_not_heard_of_yet_makes_no_version_of_its_own()
    {
        Shop.PutPair(kube);
        using var explorer = new Explorer(kube);
        var before = explorer.Read().Versions;

        PutConfigured("checkout-canary", "settings");
        var between = explorer.Read();
        Assert.Equal(before, between.Versions);
        Assert.Equal((before[0].Version, true), (between.Cluster!.Slots[1].Version, between.Cluster.Slots[1].IsReady));
        Assert.Contains(
            "waits for ConfigMap shop/settings: no pod of it starts without", explorer.Told.Single(t => t.Reason == "ConfigMissing").Note,
            StringComparison.Ordinal);

        Shop.PutConfig(kube, "settings", "a=1");
        Assert.Equal(2, explorer.Read().Versions.Length);
    }

    [Fact]
    public void Configuration_that_may_be_absent_or_is_not_watched_counts_by_its_name()
    {
        Shop.PutPair(kube);
        PutConfigured("checkout-stable", "flags", optional: true);
        PutConfigured("checkout-canary", "secrets", secret: true);
        kube.NotWatched.Add(KubeKind.Secret);
        using var explorer = new Explorer(kube);

        Assert.Equal(2, explorer.Read().Versions.Length);
    }

    [Fact]
    public void Deleted_configuration_is_no_new_version_for_its_pods_run_with_it()
    {
        Shop.PutPair(kube);
        PutConfigured("checkout-canary", "settings");
        Shop.PutConfig(kube, "settings", "a=1");
        using var explorer = new Explorer(kube);
        var before = explorer.Read();

        kube.Remove(new KubeName(KubeKind.ConfigMap, Shop.Space, "settings"));
        explorer.Read();
        Assert.Same(before, explorer.Read());
        Assert.Contains("ConfigMissing", explorer.Reasons);
    }

    [Fact]
    public async Task What_serves_keeps_its_name_also_over_a_restart_while_configuration_of_its_next_template_is_not_heard_of()
    {
        Shop.PutPair(kube, canary: "v2");
        using var explorer = new Explorer(kube);
        var stable = explorer.Read().Stable;
        Shop.PutRecord(kube, "checkout", stable);
        await explorer.KeepAsync();

        PutConfigured("checkout-stable", "settings");
        Assert.Equal((stable, true), (explorer.Read().Cluster!.Slots[0].Version, explorer.Read().Cluster!.Slots[0].IsReady));

        using var restarted = new Explorer(kube);
        Assert.Equal((stable, true), (restarted.Read().Cluster!.Slots[0].Version, restarted.Read().Cluster!.Slots[0].IsReady));
    }

    [Fact]
    public void A_Secret_that_is_watched_counts_and_its_data_cannot_be_guessed_from_the_hash()
    {
        Shop.PutPair(kube);
        PutConfigured("checkout-stable", "a", secret: true);
        PutConfigured("checkout-canary", "b", secret: true);
        Shop.PutConfig(kube, "a", "hunter2", KubeKind.Secret);
        Shop.PutConfig(kube, "b", "hunter2", KubeKind.Secret);
        using var explorer = new Explorer(kube);

        var versions = explorer.Read().Versions;
        Shop.PutConfig(kube, "b", "hunter3", KubeKind.Secret);

        Assert.Equal(2, versions.Length);
        Assert.NotEqual(versions[1], explorer.Read().Versions[1]);
    }

    private void PutConfigured(
        string name, string config, bool secret = false, bool optional = false) => Shop.PutDeployment(kube, name, "checkout:v1", with: d =>
        d["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"] = new JsonArray(new JsonObject
        {
            [secret ? "secretRef" : "configMapRef"] = new JsonObject { ["name"] = config, ["optional"] = optional },
        }));
}

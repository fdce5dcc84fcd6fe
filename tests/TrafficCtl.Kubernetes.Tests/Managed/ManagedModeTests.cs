using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Core.Services;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Managed;
using TrafficCtl.Kubernetes.Tests.Discovery;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Managed;

public sealed class ManagedModeTests
{
    [Fact]
    public async Task A_copy_of_what_serves_is_made_and_the_service_is_born_when_it_is_ready()
    {
        using var shop = new ManagedShop();

        Assert.Equal(
            ["apply Service shop/checkout-stable", "apply Service shop/checkout-candidate", "apply Deployment shop/checkout-stable"],
            await shop.PassAsync());
        Assert.Empty(shop.Explorer.Sets[^1]);
        Assert.Equal(3, shop.Replicas("checkout-stable"));

        shop.Converge();
        await shop.PassAsync();
        Assert.Equal(shop.Version(0), shop.Version(1));
        Assert.Equal(["checkout-stable", "checkout"], shop.Spec.Cluster!.Slots.Select(s => s.Workload));
        Assert.Empty(await shop.PassAsync());
    }

    [Fact]
    public async Task The_copy_has_labels_of_its_own_and_none_by_which_a_GitOps_tool_would_prune_it()
    {
        using var shop = new ManagedShop(with: d =>
        {
            d["metadata"]!["labels"] =
                new JsonObject { ["app.kubernetes.io/instance"] = "shop-app", ["kustomize.toolkit.fluxcd.io/name"] = "shop" };
            d["metadata"]!["annotations"] = new JsonObject { ["argocd.argoproj.io/tracking-id"] = "shop:apps/Deployment:shop/checkout" };
            d["spec"]!["template"]!["spec"]!["topologySpreadConstraints"] = new JsonArray(
                new JsonObject
                {
                    ["maxSkew"] = 1,
                    ["labelSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = "checkout" } },
                });
        });
        await shop.PassAsync();

        var copy = shop.Kube.Get(Shop.Deployment("checkout-stable"))!;
        Assert.Equal(["app.kubernetes.io/managed-by", "trafficctl.io/service"], copy["metadata"]!["labels"]!.AsObject().Select(l => l.Key));
        Assert.Null(copy["metadata"]!["annotations"]!["argocd.argoproj.io/tracking-id"]);
        Assert.Null(copy["metadata"]!["ownerReferences"]);
        Assert.Equal("checkout-stable", copy["spec"]!["selector"]!["matchLabels"]!["app"]!.ToString());
        Assert.Equal(
            "checkout-stable",
            copy["spec"]!["template"]!["spec"]!["topologySpreadConstraints"]![0]!["labelSelector"]!["matchLabels"]!["app"]!.ToString());

        shop.Converge();
        await shop.PassAsync();
        Assert.Equal(shop.Version(0), shop.Version(1));
    }

    [Fact]
    public async Task A_release_goes_from_scale_up_to_take_over_without_a_moment_of_too_few()
    {
        using var shop = new ManagedShop();
        await shop.BirthAsync();
        shop.Settle();
        Assert.Equal(["patch Deployment shop/checkout", "patch Deployment shop/checkout-stable"], await shop.PassAsync());
        Assert.Equal((0, 3), (shop.Replicas("checkout"), shop.Replicas("checkout-stable")));

        // A new template: its rollout begins, and the pods for it are there before it takes traffic.
        shop.Deploy("checkout:v2");
        await shop.PassAsync();
        shop.Begin(shop.Version(1));
        await shop.PassAsync();
        Assert.Equal((3, "checkout:v1"), (shop.Replicas("checkout"), shop.Image("checkout-stable")));
        shop.Kube.Edit(Shop.Deployment("checkout"), d => d["spec"]!["replicas"] = 7);
        shop.Converge();
        Assert.Empty(await shop.PassAsync());

        // It is good: the copy gets its template and its size; traffic stays until the copy has them.
        var good = shop.Version(1);
        shop.Good(good);
        Assert.Equal(["apply Deployment shop/checkout-stable"], await shop.PassAsync());
        Assert.Equal((7, "checkout:v2"), (shop.Replicas("checkout-stable"), shop.Image("checkout-stable")));
        Assert.Equal("checkout-candidate", shop.Spec.Cluster!.SlotOf(good)!.Service);
        shop.Settle();
        Assert.Empty(await shop.PassAsync());

        // The copy is whole: traffic goes back to it, and only a minute later the candidate's pods go.
        shop.Converge();
        Assert.Empty(await shop.PassAsync());
        Assert.Equal("checkout-stable", shop.Spec.Cluster!.SlotOf(good)!.Service);
        Assert.Equal(7, shop.Replicas("checkout"));
        shop.Settle();
        await shop.PassAsync();
        Assert.Equal((0, 7), (shop.Replicas("checkout"), shop.Replicas("checkout-stable")));
        Assert.Empty(await shop.PassAsync());
    }

    [Fact]
    public async Task A_copy_that_somebody_changes_while_it_serves_keeps_its_traffic_and_is_told()
    {
        using var shop = new ManagedShop();
        await shop.BirthAsync();
        shop.Settle();
        await shop.PassAsync();
        var good = shop.Record!.LastGood;
        shop.Converge();
        await shop.PassAsync();
        Assert.Equal(0, shop.Replicas("checkout"));

        Shop.PutImage(shop.Kube, "checkout-stable", "checkout:v9");
        Assert.Empty(await shop.PassAsync());
        Assert.Equal("checkout-stable", shop.Spec.Cluster!.SlotOf(good)!.Service);
        Assert.Contains(
            "rollout undo deployment/checkout-stable", shop.Explorer.Told.Single(t => t.Reason == "ChangedInPlace").Note,
            StringComparison.Ordinal);

        // Where the user's Deployment serves the good version instead, the copy is no one's traffic, and is written again.
        shop.Kube.Edit(Shop.Deployment("checkout"), d => d["spec"]!["replicas"] = 3);
        shop.Converge();
        Assert.Contains("apply Deployment shop/checkout-stable", await shop.PassAsync());
        Assert.Equal("checkout:v1", shop.Image("checkout-stable"));
        shop.Converge();
        await shop.PassAsync();
        Assert.Equal("checkout-stable", shop.Spec.Cluster!.SlotOf(good)!.Service);
    }

    [Fact]
    public async Task A_rollback_leaves_the_copy_and_scales_the_failed_pods_down_later_and_a_retry_brings_them_back()
    {
        using var shop = new ManagedShop();
        await shop.BirthAsync();
        shop.Deploy("checkout:v2");
        await shop.PassAsync();
        shop.Begin(shop.Version(1));
        shop.Converge();
        await shop.PassAsync();

        shop.Good(shop.Record!.LastGood);
        Assert.Empty(await shop.PassAsync());
        shop.Settle();
        await shop.PassAsync();
        Assert.Equal(
            (0, 3, "checkout:v1", "checkout:v2"),
            (shop.Replicas("checkout"), shop.Replicas("checkout-stable"), shop.Image("checkout-stable"), shop.Image("checkout")));

        shop.Begin(shop.Version(1));
        await shop.PassAsync();
        Assert.Equal(3, shop.Replicas("checkout"));
        shop.Good(shop.Record!.LastGood);
        shop.Settle();
        await shop.PassAsync();
        shop.Settle();
        await shop.PassAsync();
        Assert.Equal(0, shop.Replicas("checkout"));
    }

    [Fact]
    public async Task A_tool_that_scales_the_candidate_up_again_is_not_fought()
    {
        using var shop = new ManagedShop();
        await shop.BirthAsync();
        shop.Settle();
        await shop.PassAsync();
        Assert.Equal(0, shop.Replicas("checkout"));

        shop.Kube.Edit(Shop.Deployment("checkout"), d => d["spec"]!["replicas"] = 3);
        shop.Settle();
        Assert.Empty(await shop.PassAsync());
    }

    [Fact]
    public async Task A_size_that_people_ask_for_goes_to_the_copy()
    {
        using var shop = new ManagedShop();
        await shop.BirthAsync();
        shop.Settle();
        await shop.PassAsync();

        shop.Kube.Edit(Shop.Deployment("checkout"), d => d["spec"]!["replicas"] = 5);
        await shop.PassAsync();
        Assert.Equal(5, shop.Replicas("checkout-stable"));
    }

    [Fact]
    public async Task An_autoscaler_cannot_take_away_what_the_copy_is_about_to_need()
    {
        using var shop = new ManagedShop(replicas: 9);
        shop.Kube.Put(KubeKind.HorizontalPodAutoscaler, """
            {"metadata":{"name":"checkout","namespace":"shop"},"spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"checkout"},"minReplicas":2,"maxReplicas":20}}
            """);
        Assert.Equal("apply HorizontalPodAutoscaler shop/checkout-stable", (await shop.PassAsync())[2]);
        var copy = new KubeName(KubeKind.HorizontalPodAutoscaler, Shop.Space, "checkout-stable");
        Assert.Equal((9, "checkout-stable"), (shop.Kube.Get(copy)!["spec"]!["minReplicas"]!.GetValue<int>(), shop.Kube
            .Get(copy)!["spec"]!["scaleTargetRef"]!["name"]!
            .ToString()));

        shop.Converge();
        await shop.PassAsync();
        shop.Good(shop.Spec.Stable);
        await shop.PassAsync();
        Assert.Equal(9, shop.Kube.Get(copy)!["spec"]!["minReplicas"]!.GetValue<int>());
        shop.Settle();
        await shop.PassAsync();
        Assert.Equal(2, shop.Kube.Get(copy)!["spec"]!["minReplicas"]!.GetValue<int>());

        shop.Kube.Remove(copy with { Name = "checkout" });
        shop.Settle();
        await shop.PassAsync();
        Assert.Null(shop.Kube.Get(copy));
    }

    [Fact]
    public async Task A_copy_whose_configuration_is_not_heard_of_yet_is_no_version_and_is_left_alone()
    {
        using var shop = new ManagedShop(with: d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"] = new JsonArray(
            new JsonObject { ["configMapRef"] = new JsonObject { ["name"] = "settings" } }));
        Shop.PutConfig(shop.Kube, "settings", "a=1");
        await shop.BirthAsync();
        var (first, stable) = (ConfigOf(shop, "checkout-stable"), shop.Version(0));
        Shop.PutConfig(shop.Kube, "settings", "a=2");
        await shop.PassAsync();
        var good = shop.Version(1);
        shop.Begin(good);
        shop.Converge();
        await shop.PassAsync();
        shop.Good(good);

        // Deployments and ConfigMaps are watched by streams of their own.
        shop.Kube.IsUnheard = name => name.Kind == KubeKind.ConfigMap
            && name.Name.StartsWith("settings-checkout-stable-", StringComparison.Ordinal)
            && name.Name != first;
        await shop.PassAsync();
        Assert.Equal([stable, good], shop.Spec.Versions.Select(v => v.Version));
        Assert.All(await shop.PassAsync(), w =>
            Assert.StartsWith("apply ConfigMap shop/settings-checkout-stable-", w, StringComparison.Ordinal));

        shop.Kube.IsUnheard = static _ => false;
        Assert.Empty(await shop.PassAsync());
        Assert.Equal(good, shop.Version(0));
    }

    [Fact]
    public async Task Configuration_of_the_copy_that_somebody_deletes_is_made_again()
    {
        using var shop = new ManagedShop(with: d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"] = new JsonArray(
            new JsonObject { ["configMapRef"] = new JsonObject { ["name"] = "settings" } }));
        Shop.PutConfig(shop.Kube, "settings", "a=1");
        await shop.BirthAsync();
        var (version, copy) = (shop.Version(0), new KubeName(KubeKind.ConfigMap, Shop.Space, ConfigOf(shop, "checkout-stable")));

        shop.Kube.Remove(copy);
        Assert.Equal([$"apply {copy}"], await shop.PassAsync());
        Assert.Equal((version, "a=1"), (shop.Version(0), shop.Kube.Get(copy)!["data"]!["settings"]!.ToString()));
    }

    [Fact]
    public async Task The_copy_has_its_configuration_for_itself_until_it_is_promoted()
    {
        using var shop = new ManagedShop(with: d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"] = new JsonArray(
            new JsonObject { ["configMapRef"] = new JsonObject { ["name"] = "settings" } }));
        Shop.PutConfig(shop.Kube, "settings", "a=1");
        await shop.BirthAsync();
        var first = Assert.Single(Copies(shop));
        Assert.Equal("a=1", first["data"]!["settings"]!.ToString());
        Assert.Equal(first["metadata"]!["name"]!.ToString(), ConfigOf(shop, "checkout-stable"));

        // The configuration alone is a release.
        Shop.PutConfig(shop.Kube, "settings", "a=2");
        await shop.PassAsync();
        Assert.NotEqual(shop.Version(0), shop.Version(1));
        shop.Begin(shop.Version(1));
        shop.Converge();
        await shop.PassAsync();
        Assert.Equal("a=1", Assert.Single(Copies(shop))["data"]!["settings"]!.ToString());

        shop.Good(shop.Version(1));
        await shop.PassAsync();
        Assert.Equal(2, Copies(shop).Length);
        Assert.Equal("settings", ConfigOf(shop, "checkout"));
        shop.Converge();
        await shop.PassAsync();
        shop.Settle();
        await shop.PassAsync();
        var second = Assert.Single(Copies(shop));
        Assert.Equal(
            ("a=2", second["metadata"]!["name"]!.ToString()), (second["data"]!["settings"]!.ToString(), ConfigOf(shop, "checkout-stable")));
    }

    [Fact]
    public async Task Secrets_that_are_not_watched_are_shared_and_never_copied()
    {
        using var shop = new ManagedShop(with: d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"] = new JsonArray(
            new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "password" } }));
        shop.Kube.NotWatched.Add(KubeKind.Secret);
        await shop.BirthAsync();

        Assert.DoesNotContain(shop.Kube.Writes, w => w.Contains("Secret", StringComparison.Ordinal));
        Assert.Equal(
            "password",
            shop.Kube
                .Get(Shop.Deployment(
                    "checkout-stable"))!["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"]![0]!["secretRef"]!["name"]!
                .ToString());
    }

    [Fact]
    public async Task A_Service_that_callers_outside_the_mesh_use_is_never_emptied()
    {
        using var shop = new ManagedShop(rootSelects: "checkout");
        await shop.BirthAsync();
        shop.Settle();

        Assert.Empty(await shop.PassAsync());
        Assert.Contains(
            "set app: checkout-stable in its selector", shop.Explorer.Told.Single(t => t.Reason == "CandidateReachable").Note,
            StringComparison.Ordinal);
        Shop.PutService(shop.Kube, "checkout", "checkout-stable", ("enabled", "true"), ("route", "checkout"), ("managed", "true"));
        await shop.PassAsync();
        Assert.Equal(0, shop.Replicas("checkout"));
    }

    [Fact]
    public async Task A_copy_that_was_deleted_is_only_made_again_of_the_version_that_is_good()
    {
        using var shop = new ManagedShop();
        await shop.BirthAsync();
        shop.Deploy("checkout:v2");
        shop.Kube.Remove(Shop.Deployment("checkout-stable"));
        Assert.DoesNotContain(await shop.PassAsync(), w => w.Contains("Deployment", StringComparison.Ordinal));
        Assert.Contains("StableCopyLost", shop.Explorer.Reasons);

        shop.Deploy("checkout:v1");
        Assert.Contains("apply Deployment shop/checkout-stable", await shop.PassAsync());
    }

    [Fact]
    public async Task What_went_with_the_root_Service_is_made_again_when_that_is_applied_again()
    {
        using var shop = new ManagedShop();
        await shop.BirthAsync();
        shop.Settle();
        await shop.PassAsync();
        var good = shop.Record!.LastGood;
        foreach (var service in (string[])["checkout", "checkout-stable", "checkout-candidate"]) shop.Kube.Remove(Shop.Service(service));
        shop.Kube.Remove(Shop.Deployment("checkout-stable"));
        foreach (var slice in (string[])["checkout-stable", "checkout-candidate"])
            shop.Kube.Remove(new KubeName(KubeKind.EndpointSlice, Shop.Space, $"{slice}-ipv4"));
        await shop.PassAsync();

        Shop.PutService(shop.Kube, "checkout", "checkout-stable", ("enabled", "true"), ("route", "checkout"), ("managed", "true"));
        Assert.Equal(
            ["apply Service shop/checkout-stable", "apply Service shop/checkout-candidate", "apply Deployment shop/checkout-stable"],
            await shop.PassAsync());
        shop.Converge();
        await shop.PassAsync();
        Assert.Equal("checkout-stable", shop.Spec.Cluster!.SlotOf(good)!.Service);
    }

    [Fact]
    public async Task What_is_missing_is_made_by_a_new_leader_too_that_finds_a_rollout_under_way()
    {
        using var shop = new ManagedShop();
        await shop.BirthAsync();
        foreach (var slot in (string[])["checkout-stable", "checkout-candidate"]) shop.Kube.Remove(Shop.Service(slot));
        shop.Kube.Remove(Shop.Deployment("checkout-stable"));
        shop.Kube.Edit(Shop.Delivery("checkout"), d => d["status"]!["record"]!["active"] = "checkout-default-1");

        // Nothing runs that its loop could take up, so the record on the cluster is all that it knows.
        using var next = new Explorer(shop.Kube);
        using var managed = new ManagedMode(
            new ClusterLink(shop.Kube, shop.Kube, () => true), () => next.Discovery.Services, _ => null, next, next.Clock,
            NullLogger<ManagedMode>.Instance);
        next.Discovery.Read();
        await managed.DoAsync(CancellationToken.None);
        Assert.Equal(
            ["apply Service shop/checkout-stable", "apply Service shop/checkout-candidate", "apply Deployment shop/checkout-stable"],
            shop.Kube.Writes.TakeLast(3));
    }

    [Fact]
    public async Task What_went_with_the_root_Service_is_not_made_of_another_version()
    {
        using var shop = new ManagedShop();
        await shop.BirthAsync();
        foreach (var service in (string[])["checkout-stable", "checkout-candidate"]) shop.Kube.Remove(Shop.Service(service));
        shop.Kube.Remove(Shop.Deployment("checkout-stable"));
        shop.Kube.Remove(Shop.Service("checkout"));
        await shop.PassAsync();
        shop.Deploy("checkout:v2");
        Shop.PutService(shop.Kube, "checkout", "checkout-stable", ("enabled", "true"), ("route", "checkout"), ("managed", "true"));
        Assert.Empty(await shop.PassAsync());
        Assert.Contains("StableCopyLost", shop.Explorer.Reasons);
    }

    [Fact]
    public async Task A_name_that_is_somebody_elses_is_not_taken()
    {
        using var shop = new ManagedShop();
        Shop.PutSlot(shop.Kube, "checkout-stable", "v0");

        Assert.DoesNotContain(await shop.PassAsync(), w => w.EndsWith("shop/checkout-stable", StringComparison.Ordinal));
        Assert.Contains(
            "Service shop/checkout-stable is somebody else's", string.Join('\n', shop.Explorer.Told.Select(t => t.Note)),
            StringComparison.Ordinal);
        Assert.Equal("ghcr.io/acme/checkout:v0", shop.Image("checkout-stable"));
    }

    [Fact]
    public async Task A_server_that_fails_in_the_middle_is_gone_on_with()
    {
        using var shop = new ManagedShop();
        shop.Kube.Fault = what => what.Contains("Deployment", StringComparison.Ordinal)
            ? new KubeException("apply Deployment: forbidden; grant the managed-mode role", HttpStatusCode.Forbidden, "Forbidden")
            : null;
        Assert.Equal(2, (await shop.PassAsync()).Length);
        Assert.Contains(
            "grant the managed-mode role", shop.Explorer.Told.Single(t => t.Reason == "ManagedModeFailed").Note, StringComparison.Ordinal);

        shop.Kube.Fault = null;
        Assert.Equal(["apply Deployment shop/checkout-stable"], await shop.PassAsync());
    }

    [Fact]
    public async Task Who_leads_again_waits_once_more_before_it_takes_capacity_away()
    {
        using var shop = new ManagedShop();
        await shop.BirthAsync();
        shop.Settle();
        await shop.LeadAgainAsync();
        Assert.Empty(await shop.PassAsync());
        shop.Settle();
        Assert.Equal(["patch Deployment shop/checkout", "patch Deployment shop/checkout-stable"], await shop.PassAsync());
    }

    [Fact]
    public async Task A_leader_that_does_not_know_the_record_yet_makes_nothing()
    {
        using var shop = new ManagedShop();
        Shop.PutRecord(shop.Kube, "checkout", "v1+00000000");

        Assert.Empty(await shop.PassAsync());
    }

    private static JsonObject[] Copies(ManagedShop shop) =>
        [.. shop.Kube
            .All(KubeKind.ConfigMap)
            .Where(c => c["metadata"]!["labels"]?["app.kubernetes.io/managed-by"]?.ToString() == "trafficctl")];

    private static string ConfigOf(ManagedShop shop, string deployment) =>
        shop.Kube
            .Get(Shop.Deployment(deployment))!["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"]![0]!["configMapRef"]!["name"]!
            .ToString();
}

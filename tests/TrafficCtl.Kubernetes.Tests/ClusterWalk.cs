using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Managed;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.Kubernetes.Tests.Discovery;
using TrafficCtl.Kubernetes.Tests.Mesh;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests;

/// <summary>One service with all that controls it, a cluster in memory whose pods come and go, and people who do what they like.</summary>
internal sealed class ClusterWalk : IDisposable
{
    private const string Service = "shop.checkout";

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly WishKind[] Kinds = [WishKind.Pause, WishKind.Resume, WishKind.Abort, WishKind.Retry, WishKind.Promote];
    private static readonly TargetKey Key = new(Service, ServiceSpec.DefaultEnvironment);

    private readonly bool isManaged;
    private readonly Random chance;
    private readonly ManualClock clock = new();
    private readonly MemoryCluster kube = new();
    private readonly FakeStore store = new();
    private readonly FakeRouter counted = new();
    private readonly FakeMetrics metrics;
    private readonly Dictionary<string, int> ready = new(StringComparer.Ordinal);
    private readonly Queue<string> history = new();
    private readonly string[] slots, workloads;
    private readonly LaggingView view;
    private ServiceProvider? process;
    private Explorer? explorer;
    private ManagedMode? managed;
    private Clearing? clearing;
    private (KubeKind Kind, JsonObject What)? missing;
    private JsonObject? root;
    private int given, away, late, down;

    public ClusterWalk(bool isManaged, int seed)
    {
        (this.isManaged, chance) = (isManaged, new Random(seed));
        metrics = new FakeMetrics(counted, clock) { Rate = 500 };
        view = new LaggingView(kube);
        slots = isManaged
            ? ["checkout-stable", "checkout-candidate", "basket-stable", "basket-candidate"]
            : ["checkout-stable", "checkout-canary"];
        workloads = isManaged ? ["checkout-stable", "checkout", "basket-stable", "basket"] : slots;
        Shop.PutConfig(kube, "common", "a=1");
        foreach (var name in Services)
            Shop.PutService(
                kube, name, $"{name}-stable", [("enabled", "true"), ("route", name), ("managed", isManaged ? "true" : "false")]);
        foreach (var slot in isManaged ? [] : slots) Shop.PutService(kube, slot, slot);
        foreach (var name in isManaged ? Services : workloads)
            Shop.PutDeployment(kube, name, "checkout:v1", 2, with: d =>
                d["spec"]!["template"]!["spec"]!["containers"]![0]!["envFrom"] = new JsonArray(
                new JsonObject { ["configMapRef"] = new JsonObject { ["name"] = "common" } }));
        foreach (var name in Services) PutRoute(name);
        Begin();
    }

    /// <summary>The second one only shares its configuration with the first.</summary>
    private string[] Services => isManaged ? ["checkout", "basket"] : ["checkout"];

    /// <summary>Seconds, with an act in some of them.</summary>
    public async Task WalkAsync(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            Wish? wish = null;
            if (chance.Next(6) == 0) wish = Act();
            await SecondAsync(wish, isCalm: false);
        }
    }

    /// <summary>Nobody does anything any more but what heals: then one version serves everything, and the status says which.</summary>
    public async Task CalmAsync()
    {
        if (missing is not null) PutBack();
        if (root is not null) PutRootBack();
        (late, down) = (0, 0);
        for (var i = 0; i < 4_000; i++)
        {
            // As the alarm says; in managed mode the user's own Deployment is otherwise the controller's to scale.
            var isAlarmed = Declared is { NotServing.Reason: Remark.NoEndpoints };
            if (i % 300 == 299 && explorer!.Reasons.Contains("StableCopyLost")) PutGoodBack();
            foreach (var name in isManaged && !isAlarmed ? workloads[..1] : workloads[..2])
                if (kube.Get(Shop.Deployment(name)) is { } found && (int)found["spec"]!["replicas"]! == 0) Scale(name, 2);
            await SecondAsync(i % 60 == 30 ? Ask(WishKind.Resume) : null, isCalm: true);
            if (i > 300 && IsServed()) return;
        }

        Assert.Fail(Words("it never comes to rest"));
    }

    public void Dispose() => End();

    private bool IsServed()
    {
        if (store.Find(Key) is not { Active: null } record || Spec is not { Cluster: { } target }) return false;
        return target.SlotOf(record.LastGood) is { } slot && Weight(slot.Service) == 100 && Endpoints(slot.Service) > 0
            && Declared is { IsServed: true, NotServing: null or { Reason: Remark.ChangedInPlace } };
    }

    private ServiceSpec? Spec => explorer!.Sets.Count == 0 ? null : explorer.Sets[^1].FirstOrDefault(s => s.Service == Service);

    private DeclaredState? Declared => explorer!.Discovery.Services.Declared.FirstOrDefault(d => d.Service == "checkout");

    private async Task SecondAsync(Wish? wish, bool isCalm)
    {
        if (missing is not null && chance.Next(3) == 0) PutBack();
        if (root is not null && --away <= 0) PutRootBack();
        (late, down) = (Math.Max(0, late - 1), Math.Max(0, down - 1));
        kube.IsDown = down > 0;
        view.IsLate = late > 0 || down > 0;
        RunPods(isCalm);
        Discover();
        await KeepAsync();
        if (managed is not null && (isCalm || chance.Next(2) == 0)) await managed.DoAsync(Stop);
        if (isCalm || chance.Next(2) == 0) await ClearAsync();
        CheckConfigs();
        if (kube.Collected.Count > 0) Assert.Fail(Words($"{kube.Collected[0]} was taken by the garbage collector"));
        Discover();
        foreach (var name in Services)
        {
            if (process!.GetRequiredService<IRoutesInForce>().Find($"shop.{name}") is { } route) counted.Put(route);
            metrics.Flow($"shop.{name}", TimeSpan.FromSeconds(1));
        }

        clock.Advance(TimeSpan.FromSeconds(1));
        var before = slots.ToDictionary(s => s, Weight);
        if (wish is not null)
            _ = process!.GetRequiredService<Control.Wishing.Wishes>().MakeAsync(wish, TimeSpan.FromSeconds(1), Stop).AsTask();
        for (var i = 0; i < 20 && await process!.GetRequiredService<ControlLoop>().TurnAsync(Stop); i++)
        {
            // Until nothing is due at this moment.
        }

        foreach (var slot in slots)
            if (Weight(slot) > before[slot] && Endpoints(slot) == 0)
                Assert.Fail(Words($"{slot} was raised from {before[slot]} to {Weight(slot)} without a ready endpoint"));
        if (down > 0) return;
        foreach (var name in Services)
            if (store.Find(Key with { Service = $"shop.{name}" }) is { } record) KeepRecord(name, record);
    }

    private async Task ClearAsync()
    {
        try
        {
            await clearing!.DoAsync(Stop);
        }
        catch (KubeException) when (down > 0)
        {
            // The next pass does it.
        }
    }

    private async Task KeepAsync()
    {
        try
        {
            await explorer!.Discovery.KeepAsync(Stop);
        }
        catch (KubeException) when (down > 0)
        {
            // As in production: the next pass keeps it.
        }
    }

    /// <summary>What the cluster's controllers do, sooner or later.</summary>
    private void RunPods(bool isCalm)
    {
        foreach (var name in workloads)
        {
            if (kube.Get(Shop.Deployment(name)) is not { } found || (!isCalm && chance.Next(3) == 0)) continue;
            var replicas = (int)found["spec"]!["replicas"]!;
            if (found.NumberAt("status", "observedGeneration") != found.GenerationOf() || ready.GetValueOrDefault(name) != replicas)
                Shop.Settle(kube, name);
            ready[name] = !isCalm && chance.Next(40) == 0 ? 0 : replicas;
        }

        foreach (var service in slots.Concat(Services))
        {
            var name = new KubeName(KubeKind.EndpointSlice, Shop.Space, $"{service}-ipv4");
            if (kube.Get(Shop.Service(service)) is not { } live)
            {
                if (kube.Get(name) is not null) kube.Remove(name);
                continue;
            }

            var selected = workloads.Where(w => kube.Get(Shop.Deployment(w)) is { } d
                && (string)d["spec"]!["template"]!["metadata"]!["labels"]!["app"]! == (string?)live["spec"]!["selector"]!["app"]);
            var count = selected.Sum(w => ready.GetValueOrDefault(w));
            if (kube.Get(name) is null || Endpoints(service) != count) Shop.PutEndpoints(kube, service, count);
        }
    }

    private Wish? Act()
    {
        var name = workloads[chance.Next(2)];
        switch (chance.Next(14))
        {
            case 0 or 1 when kube.Get(Shop.Deployment(name)) is not null:
                Note($"image of {name}");
                Shop.PutImage(kube, name, $"checkout:v{chance.Next(1, 5)}");
                return null;
            case 2 when kube.Get(Shop.Deployment(name)) is not null:
                Scale(name, chance.Next(4));
                return null;
            case 3:
                Delete(Shop.Service(slots[chance.Next(2)]));
                return null;
            case 4 when root is null:
                Delete(MeshStage.Route);
                return null;
            case 8 when missing is null && root is null:
                root = kube.Get(Shop.Service("checkout"))!;
                away = chance.Next(3) switch { 0 => 0, 1 => chance.Next(60), _ => chance.Next(60, 150) };
                Note($"deletes the root Service for {away} s");
                kube.Remove(Shop.Service("checkout"));
                if (away == 0) PutRootBack();
                return null;
            case 12:
                Delete(new KubeName(KubeKind.ConfigMap, Shop.Space, "common"));
                return null;
            case 9:
                Note("informers are late");
                late = chance.Next(2, 8);
                return null;
            case 10:
                Note("no API server");
                down = chance.Next(2, 20);
                return null;
            case 11 when isManaged:
                Note("image of basket");
                Shop.PutImage(kube, "basket", $"checkout:v{chance.Next(1, 5)}");
                return null;
            case 5:
                Note("configuration");
                Shop.PutConfig(kube, "common", $"a={chance.Next(1, 4)}");
                return null;
            case 6 when kube.Get(MeshStage.Route) is not null:
                var share = chance.Next(101);
                Note($"weights {100 - share}/{share}");
                PutRoute("checkout", 100 - share, share);
                return null;
            case 7:
                Note("another leader");
                End();
                Begin();
                return null;
            default:
                return Ask(Kinds[chance.Next(Kinds.Length)]);
        }
    }

    private Wish Ask(WishKind kind)
    {
        Note($"{kind}");
        return new Wish(0, Keys.Of(Service), kind, null, "ann", "because", "a test", clock.GetUtcNow());
    }

    private void Scale(string name, int replicas)
    {
        Note($"scales {name} to {replicas}");
        kube.Edit(Shop.Deployment(name), d => d["spec"]!["replicas"] = replicas);
    }

    private void PutRootBack()
    {
        PutBack(KubeKind.Service, root!);
        root = null;
    }

    /// <summary>One thing at a time; it is put back a moment later.</summary>
    private void Delete(KubeName name)
    {
        if (missing is not null || kube.Get(name) is not { } thing) return;
        Note($"deletes {name}");
        missing = (name.Kind, thing);
        kube.Remove(name);
    }

    private void PutBack()
    {
        var (kind, thing) = missing!.Value;
        missing = null;
        PutBack(kind, thing);
    }

    private void PutBack(KubeKind kind, JsonObject what)
    {
        var thing = what.DeepClone().AsObject();
        foreach (var set in (string[])["uid", "resourceVersion", "generation"]) thing["metadata"]!.AsObject().Remove(set);
        if (kube.Get(new KubeName(kind, Shop.Space, thing.NameOf())) is not null) return;
        Note($"puts {thing.NameOf()} back");
        kube.Put(kind, thing);
    }

    /// <summary>As <c>StableCopyLost</c> says: what was good, into the user's own Deployment.</summary>
    private void PutGoodBack()
    {
        if (store.Find(Key) is not { LastGood: var good } || kube.Get(Shop.Deployment("checkout")) is not { } source) return;
        for (var number = 1; number < 5; number++)
        {
            for (var value = 1; value < 4; value++)
            {
                var template = source["spec"]!["template"]!.DeepClone().AsObject();
                template["spec"]!["containers"]![0]!["image"] = $"checkout:v{number}";
                var data = PodTemplates.DataOf(new JsonObject { ["data"] = new JsonObject { ["settings"] = $"a={value}" } });
                if (PodTemplates.Identify(template, new HashSet<string> { "app" }, _ => data).Version != good) continue;
                Note($"puts {good} back");
                Shop.PutConfig(kube, "common", $"a={value}");
                Shop.PutImage(kube, "checkout", $"checkout:v{number}");
            }
        }
    }

    private void PutRoute(string name, int stable = 100, int candidate = 0) => kube.Put(MeshStage.VirtualService, new JsonObject
    {
        ["apiVersion"] = "networking.istio.io/v1",
        ["kind"] = "VirtualService",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Shop.Space },
        ["spec"] = new JsonObject
        {
            ["hosts"] = new JsonArray(name),
            ["http"] = new JsonArray(new JsonObject
            {
                ["route"] = new JsonArray(
                    new JsonObject { ["destination"] = new JsonObject { ["host"] = $"{name}-stable" }, ["weight"] = stable },
                    new JsonObject
                    {
                        ["destination"] = new JsonObject { ["host"] = $"{name}-{(isManaged ? "candidate" : "canary")}" },
                        ["weight"] = candidate,
                    }),
            }),
        },
    });

    /// <summary>The record that a store on the cluster keeps beside the notes of discovery.</summary>
    private void KeepRecord(string service, ServiceRecord record)
    {
        var name = Shop.Delivery(service);
        if (kube.Get(name) is null) Shop.PutRecord(kube, service, record.LastGood);
        var (good, active) = (record.LastGood, record.Active?.Id);
        if (kube.Get(name)!.TextAt("status", "record", "lastGood") == good
            && kube.Get(name)!.TextAt("status", "record", "active") == active)
            return;
        kube.Edit(name, d => d["status"]!["record"] = new JsonObject { ["lastGood"] = good, ["active"] = active });
    }

    /// <summary>Nothing that a live object names is gone, but what a person took away.</summary>
    private void CheckConfigs()
    {
        foreach (var deployment in kube.All(KubeKind.Deployment))
        {
            foreach (var reference in ConfigReferences.In(deployment))
            {
                if (kube.Get(new KubeName(reference.Kind, Shop.Space, reference.Name)) is null && missing?.What.NameOf() != reference.Name)
                    Assert.Fail(Words($"{deployment.NameOf()} names {reference.Name}, which is gone"));
            }
        }
    }

    private void Discover()
    {
        explorer!.Discovery.Read();
        if (explorer.Sets.Count > given) process!.GetRequiredService<ControlLoop>().SetServices([.. explorer.Sets[^1].Select(Quick)]);
        given = explorer.Sets.Count;
    }

    private static ServiceSpec Quick(ServiceSpec spec) => spec with
    {
        Plan = new Plan
        {
            Steps =
            [
                new Step(null, Weights.OfCandidate(1000), TimeSpan.FromSeconds(2), new MinimumEvidence(50, 0)),
                new Step(null, Weights.OfCandidate(5000), TimeSpan.FromSeconds(2), new MinimumEvidence(50, 0)),
            ],
            Watch = TimeSpan.FromSeconds(5),
        },
        Analysis = new Analysis
        {
            Tick = TimeSpan.FromSeconds(1),
            ErrorWarmUp = TimeSpan.FromSeconds(1),
            LatencyWarmUp = TimeSpan.FromSeconds(1),
            Errors = new ErrorTolerance(0.05),
            Latency = new LatencyTolerance(0.99, 0.5),
        },
    };

    private void Begin()
    {
        var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IKube>(kube)
            .AddSingleton<IStore>(store)
            .AddSingleton<IMetricSource>(metrics)
            .AddSingleton<IClusterTargets>(_ => explorer!.Discovery)
            .AddLogging()
            .AddControl().AddTargets();
        process = services.AddMeshRouter("trafficctl-system", MeshSettings.Default).BuildServiceProvider();
        explorer = new Explorer(view, kube, process.GetRequiredService<Views>(), clock);
        given = 0;
        clearing = new Clearing(
            new ClusterLink(view, kube, () => true), explorer.Discovery, ReleaseAsync, [], explorer, clock, NullLogger<Clearing>.Instance);
        if (!isManaged) return;
        managed = new ManagedMode(
            new ClusterLink(view, kube, () => true), () => explorer.Discovery.Services,
            name => process.GetRequiredService<Views>().Find(Keys.Of(name))?.Record, explorer, clock,
            NullLogger<ManagedMode>.Instance, name => process.GetRequiredService<Views>().Find(Keys.Of(name))?.Router);
    }

    private async ValueTask<string?> ReleaseAsync(string service, CancellationToken stop)
    {
        if (explorer!.Discovery.LastGood(service) is not { } stable) return null;
        var restored = await process!.GetRequiredService<MeshRestore>().RestoreAsync(service, stable, stop);
        return restored.Outcome == RestoreOutcome.Failed ? restored.Words : null;
    }

    private void End()
    {
        managed?.Dispose();
        clearing?.Dispose();
        explorer?.Dispose();
        process?.Dispose();
    }

    private int Weight(
        string slot) => kube.Get(MeshStage.Route with { Name = slot.Split('-')[0] })?["spec"]!["http"]![0]!["route"]!.AsArray()
        .Where(r => (string)r!["destination"]!["host"]! == slot).Sum(r => (int?)r!["weight"] ?? 0) ?? 0;

    private int Endpoints(string service) =>
        kube.Get(new KubeName(KubeKind.EndpointSlice, Shop.Space, $"{service}-ipv4"))?["endpoints"]!.AsArray().Count ?? 0;

    private void Note(string what)
    {
        history.Enqueue($"{clock.GetUtcNow():HH:mm:ss} {what}");
        if (history.Count > 25) history.Dequeue();
    }

    private string Words(string wrong)
    {
        var shown = process!.GetRequiredService<Views>().Find(Keys.Of(Service));
        return $"""
            {clock.GetUtcNow():HH:mm:ss} {wrong}
            split: {string.Join(", ", slots.Select(s => $"{s} {Weight(s)} ({Endpoints(s)} endpoints)"))}
            slots: {(Spec is { } spec ? string.Join(", ", spec.Cluster!.Slots.Select(s => s.ToString())) : "none")}
            record: {store.Find(Key)?.LastGood}, {store.Find(Key)?.Active?.Candidate} {store.Find(Key)?.Active?.Phase}
            serving: {Declared?.NotServing}, {string.Join(", ", explorer!.Reasons.Distinct())}
            last: {shown?.LastDecision?.Reason}; {string.Join("; ", shown?.Warnings ?? [])}
            {string.Join('\n', history)}
            """;
    }
}

using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Modules.Cluster;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Mesh.Keeping;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster.Rights;

/// <summary>
/// A cluster with every mesh, on which everything is done once that makes a controller call its API. Nobody measures, so a person's wishes
/// do what evidence would.
/// </summary>
internal sealed class RightsCluster : IAsyncDisposable
{
    private const int LooksBetween = 4_000;
    private const int Speed = 30;
    private const string CanaryWeight = "nginx.ingress.kubernetes.io/canary-weight";

    private readonly HastyClock clock;
    private readonly LastLines said = new();
    private readonly CancellationTokenSource ending = new();
    private readonly FakeKube kube;
    private readonly Task keeping;
    private string[] copied = [];

    private RightsCluster(FakeKube kube, HastyClock clock)
    {
        (this.kube, this.clock, Asked) = (kube, clock, new RightsAsked(kube));
        keeping = Task.Run(KeepAsync);
    }

    public RightsAsked Asked { get; }

    public FakeKube Kube => kube;

    public static async Task<RightsCluster> StartAsync()
    {
        var hasty = new HastyClock(Speed);
        var api = await FakeKube.StartAsync(hasty);
        // An older server: there a list is a call of its own before the watch.
        api.RefusesStreamingLists = 400;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "crds"), "trafficctl.io_*.yaml").Order())
            api.PutFile(file);
        foreach (var (group, plural, kind, versions) in MeshServices.Dialects
            .SelectMany(d => MeshServices.KindsOf(d).AsEnumerable())
            .Distinct())
            if (group is not ("" or "networking.k8s.io")) api.Register(new KubeKind(group, versions[0], plural, kind));
        api.Register(KubeKind.ScaledObject);
        foreach (var shop in RightsShop.All) shop.Put(api);
        return new RightsCluster(api, hasty);
    }

    public Task<DaemonHost> ControlAsync(string identity, string home, params string[] namespaces) => DaemonHost.StartAsync(
        new DaemonOptions
        {
            Clusters =
            [
                new ClusterModuleOptions
                {
                    Identity = identity,
                    Access = AccessIn(home) with { Credentials = new NamedCredentials(identity) },
                    Namespaces = [.. namespaces],
                    WatchesSecrets = true,
                    // Renewed in real time about as often as elsewhere.
                    LeaseDuration = TimeSpan.FromMinutes(10),
                },
            ],
            Prometheus = new Uri("http://127.0.0.1:9"),
            ReviewsTokens = true,
            Clock = clock,
            Admin = new Uri("http://127.0.0.1:0"),
            Probes = new IPEndPoint(IPAddress.Loopback, 0),
            Logging = l => l.AddProvider(said),
        }, default);

    /// <summary>A controller that ends may not have had the time to, on its hasty clock.</summary>
    public void FreeLease(string home) =>
        kube.Patch(new KubeName(KubeKind.Lease, home, "trafficctl"), KubePatch.Merge(
            new JsonObject { ["spec"] = new JsonObject { ["holderIdentity"] = "" } }));

    public UninstallRequest Uninstall(string home) => new() { Access = AccessIn(home), Timeout = TimeSpan.FromMinutes(1) };

    /// <summary>Somebody with a token of the cluster asks the admin API.</summary>
    public async Task AskAsync(DaemonHost controller)
    {
        kube.Callers.Know("person", "ana");
        kube.Callers.Grant("ana", "get");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await UntilAsync(
            () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(controller.Admin, "/v1/services"));
                request.Headers.Authorization = new("Bearer", "person");
                using var answer = client.Send(request);
                return answer.IsSuccessStatusCode;
            },
            "a person is let in");
    }

    /// <summary>Every service is born, its new version is on its first step, and a wish that cannot be granted is told twice.</summary>
    public async Task BeginAsync(DaemonHost controller)
    {
        await TrueAsync(controller, s => s.Record is not null, "it is born");
        string? asked = null;
        await UntilAsync(
            () =>
            {
                // What is answered late is told otherwise: then it is asked once more.
                if (asked == Handled) asked = RightsShop.All[0].Ask(kube, "resume");
                return kube.All(KubeKind.Event).Any(e => (string?)e["reason"] == "WishRefused" && (int?)e["series"]?["count"] > 1);
            },
            "a wish is refused twice, and that is told");

        foreach (var shop in RightsShop.All) shop.Deploy(kube, shop.Deployment, "v2");
        await PromoteAsync(controller, "v2", "its rollout has begun");
    }

    /// <summary>Every rollout goes to its end, except those that are to be aborted by a wish on their Rollout.</summary>
    public async Task EndAsync(DaemonHost controller, params string[] aborted)
    {
        foreach (var shop in RightsShop.All.Where(s => !aborted.Contains(s.Name))) shop.Ask(kube, "promote-full");
        foreach (var shop in RightsShop.All.Where(s => aborted.Contains(s.Name)))
        {
            var name = (string)kube.Get(new KubeName(KubeKind.Delivery, RightsShop.Namespace, shop.Name))!["status"]!["rollout"]!;
            var wish = new JsonObject { ["kind"] = "abort", ["nonce"] = "1" };
            kube.Patch(new KubeName(KubeKind.Rollout, RightsShop.Namespace, name), KubePatch.Merge(
                new JsonObject { ["spec"] = new JsonObject { ["wish"] = wish } }));
        }

        await TrueAsync(
            controller,
            s => s.Record!.Active is null
                || (s.Record.Active.Phase is Phase.Baking baking && clock.GetUtcNow() - baking.Since > TimeSpan.FromSeconds(1)),
            "it is at 100 %, and was watched");
        foreach (var shop in RightsShop.All.Where(s => controller.Views.Find(Keys.Of($"shop.{s.Name}"))!.Record!.Active is not null))
            shop.Ask(kube, "promote");
        await TrueAsync(controller, s => s.Record?.Active is null, "it has ended");
    }

    /// <summary>Somebody gives every new version more than its step, and each split is written again.</summary>
    public async Task TouchAsync()
    {
        var before = Splits();
        Assert.Equal(RightsShop.All.Length, before.Count);
        foreach (var live in Splitting)
        {
            foreach (var (at, map) in Weighted(live).Index()) map["weight"] = at == 0 ? 10 : 90;
            if (live["metadata"]!["annotations"]?[CanaryWeight] is not null) live["metadata"]!["annotations"]![CanaryWeight] = "90";
            kube.Put(live, "kubectl-edit");
        }

        await UntilAsync(
            () =>
            {
                var now = Splits();
                return before.All(b => now.GetValueOrDefault(b.Key) == b.Value);
            },
            "every split is as it was");
    }

    /// <summary>
    /// Another version on the other slot, with other configuration where that is copied; and every rollout is on its first step.
    /// </summary>
    public async Task BeginAgainAsync(DaemonHost controller)
    {
        foreach (var shop in RightsShop.All.Where(s => s.IsManaged))
            await UntilAsync(
                () => (int?)kube.Get(new KubeName(KubeKind.Deployment, RightsShop.Namespace, shop.Name))!["spec"]!["replicas"] == 0,
                $"the copy of {shop.Name} serves again");
        copied = Copies();
        kube.Patch(Config("settings"), KubePatch.Merge(new JsonObject { ["data"] = new JsonObject { ["colour"] = "red" } }));
        kube.Patch(Config("key") with { Kind = KubeKind.Secret }, KubePatch.Merge(
            new JsonObject { ["data"] = new JsonObject { ["key"] = "Y2hpY2tlbg==" } }));
        foreach (var shop in RightsShop.All) shop.Deploy(kube, shop.Name, "v3");
        await PromoteAsync(controller, "v3", "its second rollout has begun");
    }

    /// <summary>Nothing measures here, so a person takes each first step.</summary>
    private async Task PromoteAsync(DaemonHost controller, string version, string what)
    {
        await TrueAsync(
            controller,
            s => s.Record?.Active is { Phase: Phase.Waiting } active && active.Candidate.StartsWith(version, StringComparison.Ordinal)
                && s.LastDecision!.Reason.StartsWith("waits at 0 % until", StringComparison.Ordinal) && s.Router?.Candidate.Live > 0,
            "it waits to be measured");
        foreach (var shop in RightsShop.All) shop.Ask(kube, "promote");
        // A wish that comes while a version has no endpoint for a moment is refused, and a person makes it again.
        await TrueAsync(controller, s => s.Record?.Active?.Phase is Phase.Observing, what, (shop, view) =>
        {
            if (view?.Record?.Active?.Phase is Phase.Waiting) shop.Ask(kube, "promote");
        });
    }

    /// <summary>
    /// What the copy no longer uses is deleted: of its configuration the older one, and its autoscaler with the one that it was made of.
    /// </summary>
    public async Task TidyAsync()
    {
        // First the new ones are made: until then there are as many.
        await UntilAsync(() => Copies() is { Length: 2 } now && !now.Intersect(copied).Any(), "the old configuration is deleted");
        kube.Delete(new KubeName(KubeKind.HorizontalPodAutoscaler, RightsShop.Namespace, "copied"));
        await UntilAsync(() => kube.All(KubeKind.HorizontalPodAutoscaler).IsEmpty, "the copied autoscaler is deleted");
        kube.Delete(new KubeName(KubeKind.ScaledObject, RightsShop.Namespace, "scaled"));
        await UntilAsync(() => kube.All(KubeKind.ScaledObject).IsEmpty, "the copied ScaledObject is deleted");
    }

    /// <summary>A root Service that is deleted, and stays away: what was made for it goes.</summary>
    public async Task LeaveAsync()
    {
        kube.Delete(new KubeName(KubeKind.Service, RightsShop.Namespace, "copied"));
        await UntilAsync(
            () => kube.Get(new KubeName(KubeKind.Deployment, RightsShop.Namespace, "copied-stable")) is null
                && kube.Get(new KubeName(KubeKind.Service, RightsShop.Namespace, "copied-candidate")) is null && Copies().Length == 0,
            "what was made for a Service that is gone is deleted");
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await keeping;
        await kube.DisposeAsync();
        ending.Dispose();
    }

    private string? Handled =>
        (string?)kube.Get(
            new KubeName(KubeKind.Delivery, RightsShop.Namespace, RightsShop.All[0].Name))?["status"]?["handled"]?["Service/resume"];

    private static IEnumerable<KubeKind> Routes { get; } =
        [.. MeshServices.Dialects
            .SelectMany(d => MeshServices.KindsOf(d).AsEnumerable())
            .Where(k => k.Group.Length > 0)
            .Select(k => new KubeKind(k.Group, k.Versions[0], k.Plural, k.Kind))
            .Distinct()];

    /// <summary>The objects with the general weights.</summary>
    private IEnumerable<JsonObject> Splitting =>
        Routes.SelectMany(k => kube.All(k)).Where(o => Split(o).Length > 0 && !NameOf(o).EndsWith("-tc-cohorts", StringComparison.Ordinal));

    /// <summary>By the Service whose route it is: all of them are called alike.</summary>
    private Dictionary<string, string> Splits() =>
        Splitting.ToDictionary(o => NameOf(o).Replace("-tc-canary", "", StringComparison.Ordinal), Split);

    private static string NameOf(JsonObject of) => (string)of["metadata"]!["name"]!;

    private static string Split(JsonObject route) => string.Join(' ', Weighted(route)
        .Select(w => w["weight"]!.ToJsonString())
        .Append((string?)route["metadata"]!["annotations"]?[CanaryWeight])
        .OfType<string>());

    private static IEnumerable<JsonObject> Weighted(JsonNode? node) => node switch
    {
        JsonObject map => (map.ContainsKey("weight") ? [map] : Enumerable.Empty<JsonObject>()).Concat(
            map.Where(m => m.Key != "metadata").SelectMany(m => Weighted(m.Value))),
        JsonArray list => list.SelectMany(Weighted),
        _ => [],
    };

    private static KubeName Config(string name) => new(KubeKind.ConfigMap, RightsShop.Namespace, name);

    /// <summary>The copies of the configuration: the names of the ConfigMap's and of the Secret's.</summary>
    private string[] Copies() => [.. kube.All(KubeKind.ConfigMap)
        .AddRange(kube.All(KubeKind.Secret))
        .Select(NameOf)
        .Where(n => n.Contains("-stable-", StringComparison.Ordinal))];

    private async Task UntilAsync(Func<bool> isSo, string what)
    {
        try
        {
            await Eventually.TrueAsync(isSo, what);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Never: {what}:\n{said}");
        }
    }

    /// <param name="controller">Whose views are looked at.</param>
    /// <param name="isSo">What is awaited of each Service.</param>
    /// <param name="what">The same in words.</param>
    /// <param name="again">Done now and then for each Service of which it is not so.</param>
    private Task TrueAsync(
        DaemonHost controller, Func<Control.Viewing.ServiceView, bool> isSo, string what,
        Action<RightsShop, Control.Viewing.ServiceView?>? again = null)
    {
        var looks = 0;
        return Eventually.TrueAsync(
            () =>
            {
                var missing = RightsShop.All.Where(s => View(s) is not { } view || !isSo(view)).ToArray();
                if (++looks % LooksBetween == 0 && again is not null)
                    foreach (var shop in missing) again(shop, View(shop));
                return missing.Length == 0;
            },
            what, seen: () => $"\n{string.Join('\n', RightsShop.All.Select(s => Standing(s, View(s))).OfType<string>())}\n{said}");

        Control.Viewing.ServiceView? View(RightsShop shop) => controller.Views.Find(Keys.Of($"shop.{shop.Name}"));

        string? Standing(RightsShop shop, Control.Viewing.ServiceView? view) => view switch
        {
            null => $"{shop.Name}: unknown",
            _ when isSo(view) => null,
            _ => $"{shop.Name}: {view.Record?.Active?.Phase}: {view.LastDecision?.Reason}; {string.Join("; ", view.Warnings)}",
        };
    }

    /// <summary>What the cluster's own controllers do.</summary>
    private Task KeepAsync() => Periodic.ActAsync(
        TimeSpan.FromMilliseconds(100),
        () =>
        {
            Kubelet.Run(kube);
            foreach (var kind in Routes.Where(k => k.Group == "gateway.networking.k8s.io"))
                foreach (var route in kube.All(kind)) Kubelet.Accept(kube, new KubeName(kind, RightsShop.Namespace, NameOf(route)));
            return Task.CompletedTask;
        },
        ending.Token);

    private KubeAccess AccessIn(string home) => new() { Server = kube.Address, From = "a test", Namespace = home };
}

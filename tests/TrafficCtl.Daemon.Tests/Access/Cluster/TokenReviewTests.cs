using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Access.Cluster;
using TrafficCtl.Daemon.Tests.Api;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Reviews;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access.Cluster;

/// <summary>Tokens of a Kubernetes cluster, asked for at an API server over HTTP.</summary>
public sealed class TokenReviewTests : IAsyncLifetime
{
    private const string Ana = "ana";

    private readonly ManualClock clock = new(Example.Now);
    private readonly SaidLines said = new();
    private FakeKube kube = null!;
    private KubeClient client = null!;
    private ApiHost host = null!;

    public static TheoryData<string, string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string>();
            foreach (var (verb, allowed) in (ReadOnlySpan<(string, string)>)
            [
                ("", ""), ("get", "read"), ("patch", "publish pause resume promote abort retry"), ("approve", "pause promote-full abort"),
                ("*", "read publish pause resume promote promote-full abort retry"),
            ])
                foreach (var act in (string[])["read", "publish", "pause", "resume", "promote", "promote-full", "abort", "retry"])
                    cells.Add(
                        verb, act,
                        allowed.Split(' ').Contains(act) ? "granted" : verb.Length == 0 || act == "read" ? "unseen" : "refused");
            return cells;
        }
    }

    public async ValueTask InitializeAsync()
    {
        kube = await FakeKube.StartAsync();
        client = new KubeClient(new KubeAccess { Server = kube.Address, From = "the test" }, clock, new KubeClientOptions { Seed = 7 });
        host = await StartAsync(null);
        kube.Callers.Know("good", Ana, ["dev", "system:authenticated"]);
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        client.Dispose();
        await kube.DisposeAsync();
        said.Dispose();
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task The_clusters_RBAC_says_what_its_user_may(string verb, string act, string expected)
    {
        if (verb.Length > 0) kube.Callers.Grant("dev", verb, "shop");
        using var channel = host.Channel(static request => request.Headers.Authorization = new("Bearer", "good"));
        var rollouts = new Rollouts.RolloutsClient(channel);
        var status = act == "read"
            ? await StatusOfAsync(rollouts.GetServiceAsync(new GetServiceRequest { Service = "shop.checkout" }).ResponseAsync)
            : await StatusOfAsync(rollouts.MakeWishAsync(new MakeWishRequest
            {
                Service = "shop.checkout",
                Kind = act,
                Version = act == "publish" ? "v2" : "",
                Who = "somebody else",
            }).ResponseAsync);
        Assert.Equal(
            expected switch
            {
                "granted" => StatusCode.OK,
                "refused" => StatusCode.PermissionDenied,
                _ => StatusCode.NotFound,
            },
            status);
        Assert.All(host.Wished, static wish => Assert.Equal(Ana, wish.Who));
    }

    [Fact]
    public async Task A_right_in_one_namespace_shows_nothing_of_another()
    {
        kube.Callers.Grant(Ana, "get", "shop");
        using var list = await AskAsync("/v1/services");
        var text = await list.Content.ReadAsStringAsync();
        Assert.Contains("shop.checkout", text, StringComparison.Ordinal);
        Assert.DoesNotContain("bank.transfer", text, StringComparison.Ordinal);
        Assert.DoesNotContain("search", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync("/v1/services/bank.transfer")).StatusCode);
    }

    [Fact]
    public async Task Targets_of_delivery_files_need_a_right_in_all_namespaces()
    {
        kube.Callers.Grant(Ana, "*", "shop");
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync("/v1/services/search")).StatusCode);
        kube.Callers.Grant(Ana, "get");
        clock.Advance(KubeBearer.Life);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("/v1/services/search")).StatusCode);
    }

    [Fact]
    public async Task A_token_that_the_cluster_does_not_know_is_refused_and_so_is_none()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync("/v1/services/shop.checkout", "forged")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync("/v1/services/shop.checkout", null)).StatusCode);
        Assert.Single(kube.Calls);
    }

    [Fact]
    public async Task A_token_of_ours_is_never_sent_to_the_cluster()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync("/v1/services/shop.checkout", "tctl_0123456789_00")).StatusCode);
        Assert.Empty(kube.Calls);
    }

    [Fact]
    public async Task Answers_are_kept_for_ten_seconds()
    {
        kube.Callers.Grant(Ana, "get", "shop");
        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.OK, (await AskAsync("/v1/services/shop.checkout")).StatusCode);
        Assert.Equal(["tokenreviews", "subjectaccessreviews"], kube.Calls.Select(static call => call.Resource));
        kube.Callers.Withdraw(Ana, "get", "shop");
        clock.Advance(KubeBearer.Life);
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync("/v1/services/shop.checkout")).StatusCode);
        kube.Callers.Forget("good");
        clock.Advance(KubeBearer.Life);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync("/v1/services/shop.checkout")).StatusCode);
    }

    [Theory]
    [InlineData("drop")]
    [InlineData("refuse")]
    [InlineData("forbid")]
    public async Task An_API_server_that_does_not_answer_lets_nobody_in(string fault)
    {
        kube.Callers.Grant(Ana, "*");
        kube.Intercept = _ => fault switch
        {
            "drop" => new KubeFault.Drop(),
            "refuse" => new KubeFault.Refuse(500, "InternalError", "etcd is away"),
            _ => new KubeFault.Refuse(403, "Forbidden", "the controller may not review"),
        };
        var problem = await ApiHost.ProblemOf(
            await AskAsync("/v1/services/shop.checkout"), HttpStatusCode.ServiceUnavailable);
        Assert.Equal("the cluster cannot be asked now whose the token is: try again later", problem.Detail);
        var line = Assert.Single(said.Lines, static line => line.Contains("cannot be asked now", StringComparison.Ordinal));
        if (fault == "refuse") Assert.Contains("etcd is away", line, StringComparison.Ordinal);
        Assert.DoesNotContain("good", line, StringComparison.Ordinal);
        using var channel = host.Channel(static request => request.Headers.Authorization = new("Bearer", "good"));
        Assert.Equal(
            StatusCode.Unavailable,
            await StatusOfAsync(new Rollouts.RolloutsClient(channel).MakeWishAsync(
                new MakeWishRequest { Service = "shop.checkout", Kind = "abort" }).ResponseAsync));
        Assert.Empty(host.Wished);
        kube.Intercept = null;
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("/v1/services/shop.checkout")).StatusCode);
    }

    [Fact]
    public async Task Rights_that_cannot_be_asked_for_are_none()
    {
        kube.Callers.Grant(Ana, "*");
        kube.Intercept = static call =>
            call.Resource == "subjectaccessreviews" ? new KubeFault.Refuse(500, "InternalError", "etcd is away") : null;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await AskAsync("/v1/services/shop.checkout")).StatusCode);
    }

    [Fact]
    public async Task A_token_for_another_audience_is_refused()
    {
        kube.Callers.Grant(Ana, "*");
        kube.Callers.Know("ours", Ana, audience: "trafficctl");
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync("/v1/services/shop.checkout", "ours")).StatusCode);
        await using var strict = await StartAsync("trafficctl");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("/v1/services/shop.checkout", "ours", strict)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync("/v1/services/shop.checkout", "good", strict)).StatusCode);
        kube.Callers.LeavesAudiencesOut = true;
        clock.Advance(KubeBearer.Life);
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync("/v1/services/shop.checkout", "good", strict)).StatusCode);
    }

    [Fact]
    public async Task A_watch_ends_when_the_right_is_withdrawn()
    {
        kube.Callers.Grant(Ana, "get", "shop");
        using var channel = host.Channel(static request => request.Headers.Authorization = new("Bearer", "good"));
        using var watch = new Rollouts.RolloutsClient(channel).Watch(new WatchRequest { Service = "shop.checkout" });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        kube.Callers.Withdraw(Ana, "get", "shop");
        await EndAsync(watch.ResponseStream);
    }

    [Fact]
    public async Task A_watch_ends_when_the_API_server_is_away_for_a_minute()
    {
        kube.Callers.Grant(Ana, "get", "shop");
        using var channel = host.Channel(static request => request.Headers.Authorization = new("Bearer", "good"));
        using var watch = new Rollouts.RolloutsClient(channel).Watch(new WatchRequest { Service = "shop.checkout" });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        kube.Intercept = static _ => new KubeFault.Refuse(500, "InternalError", "etcd is away");
        await EndAsync(watch.ResponseStream);
    }

    private Task<ApiHost> StartAsync(string? audience) => ApiHost.StartAsync(
        Example.Facts, null, null, null, null, clock,
        services => services.AddSingleton<ILoggerProvider>(said).AddSingleton<IBearer>(s => new KubeBearer(
            () => [new ReviewingCluster(TargetKey.DefaultTarget, new KubeReviews(client, audience))],
            s.GetRequiredService<Views>(), clock)),
        [InCluster("shop", "checkout"), InCluster("bank", "transfer"), Example.Quiet("search")]);

    private static ServiceView InCluster(string space, string name)
    {
        var view = Example.Quiet($"{space}.{name}");
        return view with
        {
            Spec = view.Spec with
            {
                Target = new ClusterTarget
                {
                    Namespace = space,
                    Service = name,
                    Slots = [],
                    Route = new RouteReference("istio", name, null),
                    Metrics = "istio",
                },
            },
        };
    }

    private async Task<HttpResponseMessage> AskAsync(string path, string? token = "good", ApiHost? at = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await (at ?? host).Http.SendAsync(request);
    }

    private Task EndAsync(IAsyncStreamReader<ServiceStatus> stream)
    {
        var next = stream.MoveNext(CancellationToken.None);
        return Eventually.TrueAsync(
            () =>
            {
                if (next is { IsCompletedSuccessfully: true, Result: true }) next = stream.MoveNext(CancellationToken.None);
                else if (!next.IsCompleted) clock.Advance(TimeSpan.FromSeconds(1));
                return next is { IsCompletedSuccessfully: true, Result: false };
            },
            "the stream ends");
    }

    private static async Task<StatusCode> StatusOfAsync<T>(Task<T> call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException refused)
        {
            return refused.StatusCode;
        }
    }
}

using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Client;

/// <summary>What the client makes of a server, and of a network, on a bad day.</summary>
public sealed class KubeFaultTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly KubePatch Patch = KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["number"] = 2 } });

    [Fact]
    public async Task A_missing_right_is_named_with_its_verb_its_resource_and_its_place()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Kube.Intercept = KubeFault.Forbid;

        var patch = await Refused(stage, c => c.PatchAsync(KubeStage.Named("a"), Patch, "status", Stop).AsTask());
        var list = await Refused(stage, c => c.ListAsync(KubeStage.Thing, null, null, Stop).AsTask());

        Assert.True(patch.IsForbidden && list.IsForbidden);
        Assert.Equal(
            "patch of the status of Thing shop/a: 403 Forbidden: things.acme.io \"a\" is forbidden: User "
                + "\"system:serviceaccount:trafficctl:trafficctl\" cannot patch "
            + "resource \"things\" in API group \"acme.io\" in the namespace \"shop\". Grant patch on things/status of the API group "
            + "\"acme.io\" "
            + "in a Role of the namespace shop, or in a ClusterRole.", patch.Message);
        Assert.Contains("Grant list on things of the API group \"acme.io\" in a ClusterRole", list.Message);
        Assert.Equal(2, stage.Kube.Calls.Count);
    }

    [Fact]
    public async Task A_missing_definition_is_told_from_a_missing_object()
    {
        await using var stage = await KubeStage.OpenAsync();
        var kind = new KubeKind("split.smi-spec.io", "v1alpha2", "trafficsplits", "TrafficSplit");

        var get = await Refused(stage, c => c.GetAsync(new KubeName(kind, "shop", "a"), Stop).AsTask());
        var patch = await Refused(stage, c => c.PatchAsync(KubeStage.Named("a"), Patch, null, Stop).AsTask());

        Assert.Contains(
            "The cluster does not serve trafficsplits.split.smi-spec.io in version v1alpha2: install its CustomResourceDefinition",
            get.Message);
        Assert.EndsWith("Create it, or correct the name.", patch.Message);
    }

    [Fact]
    public async Task A_refused_value_is_named()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Kube.Register(KubeStage.Thing, JsonNode.Parse(
            """{"type":"object","properties":{"spec":{"type":"object","properties":{"number":{"type":"integer","maximum":3}}}}}"""));
        stage.Put("a");

        var value = await Refused(
            stage,
            c => c.PatchAsync(KubeStage.Named("a"), KubePatch.Merge(new() { ["spec"] = new JsonObject { ["number"] = 4 } }), null, Stop)
                .AsTask());
        var field = await Refused(
            stage,
            c => c.PatchAsync(KubeStage.Named("a"), KubePatch.Merge(new() { ["spec"] = new JsonObject { ["nummer"] = 4 } }), null, Stop)
                .AsTask());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, value.Code);
        Assert.Contains("spec.number: Invalid value: 4", value.Message);
        Assert.Contains("unknown field \"spec.nummer\"", field.Message);
        Assert.False(value.IsInDoubt);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_when_it_says()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Put("a");
        stage.Kube.Intercept = _ => stage.Kube.Calls.Count == 1 ? new KubeFault.Refuse(429, "TooManyRequests", RetryAfterSeconds: 3) : null;

        var patching = stage.Client.PatchAsync(KubeStage.Named("a"), Patch, null, Stop).AsTask();
        await Eventually.TrueAsync(() => stage.Clock.IsDueIn(TimeSpan.FromSeconds(3)), "a wait of three seconds");
        stage.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(2, (await patching)["spec"]!["number"]!.GetValue<int>());
        Assert.Equal(2, stage.Kube.Calls.Count);
    }

    [Fact]
    public async Task A_wait_beyond_the_call_is_left_to_the_caller()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Kube.Intercept = _ => new KubeFault.Refuse(429, "TooManyRequests", RetryAfterSeconds: 60);

        var busy = await Refused(stage, c => c.GetAsync(KubeStage.Named("a"), Stop).AsTask());

        Assert.Equal(TimeSpan.FromSeconds(60), busy.RetryAfter);
        Assert.False(busy.IsInDoubt);
        Assert.Single(stage.Kube.Calls);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_failing_read_is_tried_again_and_a_failing_write_is_not(int code)
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Put("a");
        stage.Kube.Intercept = call => call.IsWrite || stage.Kube.Calls.Count < 4 ? new KubeFault.Refuse(code, "InternalError") : null;

        var reading = stage.Client.GetAsync(KubeStage.Named("a"), Stop).AsTask();
        await PassAsync(stage, reading);
        Assert.NotNull(await reading);
        Assert.Equal(4, stage.Kube.Calls.Count);

        await Refused(stage, c => c.PatchAsync(KubeStage.Named("a"), Patch, null, Stop).AsTask());
        Assert.Equal(5, stage.Kube.Calls.Count);
    }

    [Fact]
    public async Task A_lost_answer_leaves_a_write_in_doubt()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Put("a");
        stage.Kube.Intercept = _ => new KubeFault.LoseAnswer();

        var lost = await Refused(stage, c => c.PatchAsync(KubeStage.Named("a"), Patch, null, Stop).AsTask());

        Assert.True(lost.IsInDoubt);
        Assert.Single(stage.Kube.Calls);
        Assert.Equal(2, stage.Kube.Get(KubeStage.Named("a"))!["spec"]!["number"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_slow_server_costs_no_more_than_the_timeout_of_the_call()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Put("a");
        var never = new TaskCompletionSource();
        stage.Kube.Intercept = _ => new KubeFault.Hold(never.Task);

        var patching = stage.Client.PatchAsync(KubeStage.Named("a"), Patch, null, Stop).AsTask();
        await Eventually.TrueAsync(() => !stage.Kube.Calls.IsEmpty, "the call");
        stage.Clock.Advance(TimeSpan.FromSeconds(5));

        var late = await Assert.ThrowsAsync<KubeException>(() => patching);
        Assert.True(late.IsInDoubt);
        Assert.Contains("within 5 s. Whether it was done is unknown", late.Message);
        never.SetResult();
    }

    [Fact]
    public async Task A_caller_who_stops_is_not_told_of_a_fault()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Kube.Intercept = _ => new KubeFault.Hold(new TaskCompletionSource().Task);
        using var stop = new CancellationTokenSource();

        var getting = stage.Client.GetAsync(KubeStage.Named("a"), stop.Token).AsTask();
        await Eventually.TrueAsync(() => !stage.Kube.Calls.IsEmpty, "the call");
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => getting);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_named()
    {
        await using var stage = await KubeStage.OpenAsync();
        await stage.Kube.DisposeAsync();

        var getting = stage.Client.PatchAsync(KubeStage.Named("a"), Patch, null, Stop).AsTask();
        var gone = await Assert.ThrowsAsync<KubeException>(() => getting);

        Assert.Contains($"Nothing listens at {stage.Kube.Address.Authority}: check the server of the test.", gone.Message);
    }

    [Fact]
    public async Task A_page_of_a_proxy_is_no_answer()
    {
        await using var proxy = await Upstream.StartAsync(async context =>
        {
            context.Response.StatusCode = context.Request.Method == "GET" ? 200 : 404;
            await context.Response.WriteAsync("<html>sign in\r\n\u0007</html>");
        });
        using var client = new KubeClient(new KubeAccess { Server = proxy.Address, From = "the test" }, TimeProvider.System);

        var get = await Assert.ThrowsAsync<KubeException>(async () => await client.GetAsync(KubeStage.Named("a"), Stop));
        var delete =
            await Assert.ThrowsAsync<KubeException>(async () => await client.DeleteAsync(KubeStage.Named("a"), KubeDelete.Any, Stop));

        Assert.Contains("is not JSON", get.Message);
        Assert.Contains("delete of Thing shop/a: 404: <html>sign in   </html>", delete.Message);
    }

    [Theory]
    [InlineData(
        "<html>\r\n<head><TITLE>502 Bad Gateway</TITLE></head><body><h1>502 Bad Gateway</h1></body></html>",
        "get of Thing shop/a: 502: 502 Bad Gateway.")]
    [InlineData(
        """{"kind":"Status","message":"spec.number is too large","details":{"causes":[{"field":"spec.number","message":"is too large"}]}}""",
        "502: spec.number is too large.")]
    [InlineData(
        """{"kind":"Status","message":"it is invalid","details":{"causes":[{"field":"spec.number","message":"too large"}]}}""",
        "502: it is invalid (spec.number: too large).")]
    public async Task What_a_server_says_is_told_once_and_without_its_markup(string body, string told)
    {
        await using var proxy = await Upstream.StartAsync(async context =>
        {
            context.Response.StatusCode = 502;
            await context.Response.WriteAsync(body);
        });
        using var client = new KubeClient(new KubeAccess { Server = proxy.Address, From = "the test" }, TimeProvider.System);

        var get = await Assert.ThrowsAsync<KubeException>(async () => await client.GetAsync(KubeStage.Named("a"), Stop));

        Assert.Contains(told, get.Message);
    }

    [Fact]
    public async Task A_refused_token_is_replaced_once_and_never_told()
    {
        var credentials = new Rotating("one", "two");
        await using var stage = await KubeStage.OpenAsync(credentials: credentials);
        stage.Put("a");
        stage.Kube.Tokens = ["two"];

        await stage.Client.PatchAsync(KubeStage.Named("a"), Patch, null, Stop);
        stage.Kube.Tokens = ["three"];
        var refused = await Refused(stage, c => c.GetAsync(KubeStage.Named("a"), Stop).AsTask());

        Assert.Equal(HttpStatusCode.Unauthorized, refused.Code);
        Assert.Contains("The credentials of the test were refused", refused.Message);
        Assert.DoesNotContain("two", refused.ToString());
    }

    [Fact]
    public async Task Calls_wait_for_their_turn_and_leases_and_the_endpoints_of_a_Service_do_not()
    {
        await using var stage = await KubeStage.OpenAsync(KubeClientOptions.Default with { PerSecond = 1, Burst = 2 });
        stage.Put("a");
        for (var i = 0; i < 2; i++) await stage.Client.GetAsync(KubeStage.Named("a"), Stop);

        var third = stage.Client.GetAsync(KubeStage.Named("a"), Stop).AsTask();
        await Eventually.TrueAsync(() => stage.Clock.IsDueIn(TimeSpan.FromSeconds(1)), "a wait for a token");
        await stage.Client.GetAsync(new KubeName(KubeKind.Lease, "shop", "lease"), Stop);
        await stage.Client.ListAsync(KubeKind.EndpointSlice, "shop", "kubernetes.io/service-name=checkout", Stop);
        Assert.Equal(4, stage.Kube.Calls.Count);
        stage.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.NotNull(await third);
    }

    [Fact]
    public async Task Impersonation_goes_with_each_call_and_each_group_in_a_line_of_its_own()
    {
        var groups = new List<string?>();
        await using var upstream = await Upstream.StartAsync(context =>
        {
            groups.AddRange(context.Request.Headers["Impersonate-Group"]);
            return context.Response.WriteAsync("""{"metadata":{}}""");
        });
        var access = new KubeAccess
        {
            Server = new UriBuilder(upstream.Address) { Path = "/k8s/clusters/c1" }.Uri,
            From = "the test",
            As = new KubeImpersonation(
                "jane", "7", ["dev", "öps, all"],
                ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("acme.io/team", ["a"])),
        };
        using var client = new KubeClient(access, TimeProvider.System);

        await client.GetAsync(KubeStage.Named("a"), Stop);

        Assert.Equal("/k8s/clusters/c1/apis/acme.io/v1/namespaces/shop/things/a", upstream.Last.Target);
        Assert.Equal("gzip", upstream.Last.Header("Accept-Encoding"));
        Assert.Equal(("jane", "7", "a"), (
            upstream.Last.Header("Impersonate-User"), upstream.Last.Header("Impersonate-Uid"),
            upstream.Last.Header("Impersonate-Extra-acme.io%2Fteam")));
        // The upstream reads a char a byte.
        Assert.Equal(["dev", Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("öps, all"))], groups);
    }

    private static async Task<KubeException> Refused(KubeStage stage, Func<KubeClient, Task> call)
    {
        var calling = call(stage.Client);
        await PassAsync(stage, calling);
        return await Assert.ThrowsAsync<KubeException>(() => calling);
    }

    /// <summary>Lets the client's time pass until it is done.</summary>
    private static Task PassAsync(KubeStage stage, Task calling) => Eventually.TrueAsync(
        () =>
        {
            if (!calling.IsCompleted) stage.Clock.Advance(TimeSpan.FromMilliseconds(20));
            return calling.IsCompleted;
        },
        "the call ends");

    private sealed class Rotating(params string[] tokens) : IKubeCredentials
    {
        private int at;

        public ValueTask<KubeCredential> GetAsync(CancellationToken stop) =>
            ValueTask.FromResult(new KubeCredential(new("Bearer", tokens[Math.Min(at, tokens.Length - 1)])));

        public void Refuse(KubeCredential credential) => at++;
    }
}

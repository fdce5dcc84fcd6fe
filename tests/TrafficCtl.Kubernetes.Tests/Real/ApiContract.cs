using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Real;

/// <summary>What everything here takes for granted of an API server; asked of the fake and, where there is one, of a real one.</summary>
public abstract class ApiContract : IAsyncLifetime
{
    private const string Definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: things.test.trafficctl.io}
        spec:
          group: test.trafficctl.io
          scope: Namespaced
          names: {plural: things, singular: thing, kind: Thing, listKind: ThingList}
          versions:
          - name: v1
            served: true
            storage: true
            subresources: {status: {}}
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec:
                    type: object
                    properties:
                      number: {type: integer, maximum: 9}
                      list: {type: array, items: {type: object, properties: {weight: {type: integer}}}}
                  status: {type: object, properties: {ready: {type: boolean}}}
        """;

    private static readonly KubeKind Crd = new(
        "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", IsNamespaced: false);
    private static readonly KubeKind Namespace = new("", "v1", "namespaces", "Namespace", IsNamespaced: false);
    private static readonly KubeKind Thing = new("test.trafficctl.io", "v1", "things", "Thing");
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static int count;

    private readonly string space = $"contract-{Interlocked.Increment(ref count)}";
    private KubeClient client = null!;

    public async ValueTask InitializeAsync()
    {
        client = new KubeClient(
            await OpenAsync(), TimeProvider.System, KubeClientOptions.Default with { KindsMissing = TimeSpan.Zero, PageSize = 2 });
        await OnceAsync(Crd, YamlJson.One(Definition));
        await OnceAsync(Namespace, YamlJson.One($"{{apiVersion: v1, kind: Namespace, metadata: {{name: {space}}}}}"));
        await Eventually.TrueAsync(
            async () => await client.FindAsync(Thing.Group, Thing.Plural, Thing.Kind, ["v1"], Stop) is not null,
            "the API serves the new kind");
    }

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_failed_test_of_a_patch_is_422_and_changes_nothing()
    {
        var made = await MakeAsync("a");

        var failed = await RefusedAsync(() =>
            PatchAsync("a", """[{"op":"test","path":"/metadata/generation","value":7},{"op":"add","path":"/spec/number","value":5}]"""));
        var kept = await PatchAsync(
            "a",
            """[{"op":"test","path":"/metadata/generation","value":1},{"op":"test","path":"/spec/list/0/weight","value":10},{"op":"add","path":"/spec/list/0/weight","value":20}]""");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Invalid"), (failed.Code, failed.Reason));
        Assert.Equal(made["metadata"]!["uid"]!.ToString(), kept["metadata"]!["uid"]!.ToString());
        Assert.Equal("""{"list":[{"weight":20}],"number":1}""", Sorted(kept["spec"]!));
        Assert.Equal(2, kept["metadata"]!["generation"]!.GetValue<int>());
    }

    [Fact]
    public async Task Unknown_fields_are_refused()
    {
        SkipUnlessStrict();
        await MakeAsync("a");

        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await RefusedAsync(() => PatchAsync("a", """[{"op":"add","path":"/spec/nummer","value":1}]"""))).Code);
        var body = Body("b");
        body["spec"]!["nummer"] = 1;
        Assert.Equal(HttpStatusCode.BadRequest, (await RefusedAsync(() => client.CreateAsync(Thing, space, body, Stop).AsTask())).Code);
    }

    [Fact]
    public async Task Wrong_values_are_refused()
    {
        await MakeAsync("a");

        Assert.Equal(
            HttpStatusCode.UnprocessableEntity,
            (await RefusedAsync(() => PatchAsync("a", """[{"op":"add","path":"/spec/number","value":10}]"""))).Code);
    }

    [Fact]
    public async Task A_status_is_its_own_and_annotations_are_no_generation()
    {
        await MakeAsync("a");

        var said = await client.PatchAsync(
            Named("a"), KubePatch.Merge(new() { ["status"] = new JsonObject { ["ready"] = true } }), "status", Stop);
        var noted = await client.PatchAsync(
            Named("a"),
            KubePatch.Merge(new()
            {
                ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["k"] = "v" } },
                ["status"] = new JsonObject { ["ready"] = false },
            }),
            null, Stop);

        Assert.Equal(1, said["metadata"]!["generation"]!.GetValue<int>());
        Assert.Equal(1, noted["metadata"]!["generation"]!.GetValue<int>());
        Assert.True(noted["status"]!["ready"]!.GetValue<bool>());
        Assert.NotEqual(said["metadata"]!["resourceVersion"]!.ToString(), noted["metadata"]!["resourceVersion"]!.ToString());
    }

    [Fact]
    public async Task Fields_are_owned_by_who_wrote_them()
    {
        await MakeAsync("a");

        var patched = await PatchAsync("a", """[{"op":"add","path":"/spec/number","value":5}]""");

        var entry = patched["metadata"]!["managedFields"]!.AsArray().Last(e => e!["manager"]!.GetValue<string>() == "trafficctl")!;
        Assert.Equal("Update", entry["operation"]!.GetValue<string>());
        Assert.NotNull(entry["fieldsV1"]!["f:spec"]!["f:number"]);
    }

    [Fact]
    public async Task Who_comes_second_meets_a_conflict()
    {
        var old = await MakeAsync("a");
        await PatchAsync("a", """[{"op":"add","path":"/spec/number","value":5}]""");

        var stale = await RefusedAsync(() => client.ReplaceAsync(Named("a"), old, null, Stop).AsTask());
        var twice = await RefusedAsync(() => MakeAsync("a"));
        var other = await RefusedAsync(
            () => client.DeleteAsync(Named("a"), new KubeDelete("00000000-0000-4000-8000-ffffffffffff"), Stop).AsTask());

        Assert.Equal((true, true, true), (stale.IsConflict, twice.IsConflict, other.IsConflict));
        Assert.Equal(("Conflict", "AlreadyExists", "Conflict"), (stale.Reason, twice.Reason, other.Reason));
        Assert.Equal("5", (await client.GetAsync(Named("a"), Stop))!["spec"]!["number"]!.ToString());
    }

    [Fact]
    public async Task An_apply_makes_what_is_not_there_and_says_nothing_twice()
    {
        var first = await client.PatchAsync(Named("a"), KubePatch.Apply(Body("a")), null, Stop);
        var second = await client.PatchAsync(Named("a"), KubePatch.Apply(Body("a")), null, Stop);

        Assert.Equal(first["metadata"]!["resourceVersion"]!.ToString(), second["metadata"]!["resourceVersion"]!.ToString());
    }

    [Fact]
    public async Task Lists_come_in_pages_and_watches_go_on_from_there()
    {
        foreach (var name in new[] { "a", "b", "c", "d", "e" }) await MakeAsync(name);

        var list = await client.ListAsync(Thing, space, null, Stop);
        await client.DeleteAsync(Named("b"), KubeDelete.Any, Stop);
        await PatchAsync("c", """[{"op":"add","path":"/spec/number","value":5}]""");
        var seen = new List<string>();
        await foreach (var change in client.WatchAsync(Thing, space, null, list.ResourceVersion, Stop))
        {
            if (change.Kind != KubeChangeKind.Bookmark) seen.Add($"{change.Kind} {change.Now["metadata"]!["name"]}");
            if (seen.Count == 2) break;
        }

        Assert.Equal(["a", "b", "c", "d", "e"], list.Items.Select(i => i["metadata"]!["name"]!.ToString()));
        Assert.Equal(["Deleted b", "Modified c"], seen);
    }

    [Fact]
    public async Task A_cache_knows_what_is_there()
    {
        await MakeAsync("a");
        await using var cache = new KubeCache(client, TimeProvider.System, NullLogger<KubeCache>.Instance, seed: 1);
        cache.Watch(Thing, space);
        await cache.SyncedAsync(Stop);
        Assert.Single(cache.All(Thing));

        await MakeAsync("b");
        await client.DeleteAsync(Named("a"), KubeDelete.Any, Stop);

        await Eventually.TrueAsync(() => cache.Get(Named("b")) is not null && cache.Get(Named("a")) is null, "the changes");
    }

    [Fact]
    public async Task A_kind_that_is_not_served_is_told_from_an_object_that_is_not_there()
    {
        var missing = await RefusedAsync(
            () => client.GetAsync(new KubeName(new KubeKind("nobody.trafficctl.io", "v1", "boxes", "Box"), space, "a"), Stop).AsTask());

        Assert.Contains("The cluster does not serve boxes.nobody.trafficctl.io", missing.Message);
        Assert.Null(await client.GetAsync(Named("nobody"), Stop));
        Assert.Null(await client.FindAsync("nobody.trafficctl.io", "boxes", "Box", ["v1"], Stop));
        Assert.False(await client.DeleteAsync(Named("nobody"), KubeDelete.Any, Stop));
    }

    [Fact]
    public async Task A_Lease_elects_one_and_is_given_back()
    {
        using var stop = new CancellationTokenSource();
        var leads = new TaskCompletionSource();
        var one = Candidate("one");
        var running = one.RunAsync(
            async term =>
            {
                leads.SetResult();
                await Hang.UntilAsync(term);
            },
            stop.Token);
        await leads.Task.WaitAsync(Stop);
        var two = Candidate("two");

        Assert.True(one.Holds(TimeSpan.FromSeconds(5)));
        Assert.False(await two.TryAsync(TimeSpan.FromSeconds(5), Stop));
        Assert.Equal("one", two.Holder);
        await stop.CancelAsync();
        await running;
        Assert.True(await two.TryAsync(TimeSpan.FromSeconds(5), Stop));
        Assert.True(two.Current > new LeaderTerm(two.Current!.Value.LeaseMadeAt, 0));
    }

    /// <summary>An API server, or <see cref="Assert.Skip"/> with the reason why there is none.</summary>
    protected abstract ValueTask<KubeAccess> OpenAsync();

    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;

    /// <summary>Servers before 1.25 drop unknown fields whatever they are asked.</summary>
    protected virtual void SkipUnlessStrict()
    {
    }

    private LeaseElection Candidate(string identity) =>
        new(
            client, new LeaseSettings(space, "trafficctl", identity), new Random(1), TimeProvider.System,
            NullLogger<LeaseElection>.Instance);

    private async Task OnceAsync(KubeKind kind, JsonObject what)
    {
        try
        {
            await client.CreateAsync(kind, null, what, Stop);
        }
        catch (KubeException e) when (e.Reason == "AlreadyExists")
        {
            // Another test of the same server made it.
        }
    }

    private Task<JsonObject> MakeAsync(string name) => client.CreateAsync(Thing, space, Body(name), Stop).AsTask();

    private Task<JsonObject> PatchAsync(string name, string operations) =>
        client.PatchAsync(Named(name), KubePatch.Json(JsonNode.Parse(operations)!.AsArray()), null, Stop).AsTask();

    private static Task<KubeException> RefusedAsync(Func<Task> call) => Assert.ThrowsAsync<KubeException>(call);

    private static JsonObject Body(string name) =>
        YamlJson.One(
            $"{{apiVersion: test.trafficctl.io/v1, kind: Thing, metadata: {{name: {name}}}, spec: {{number: 1, list: [{{weight: 10}}]}}}}");

    private KubeName Named(string name) => new(Thing, space, name);

    private static string Sorted(JsonNode spec) =>
        new JsonObject(spec.AsObject()
            .OrderBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))).ToJsonString();
}

public sealed class FakeApiTests : ApiContract
{
    private FakeKube kube = null!;

    protected override async ValueTask<KubeAccess> OpenAsync() => KubeStage.Access(kube = await FakeKube.StartAsync());

    protected override ValueTask CloseAsync() => kube.DisposeAsync();
}

public sealed class RealApiTests(RealKube real) : ApiContract, IClassFixture<RealKube>
{
    protected override async ValueTask<KubeAccess> OpenAsync()
    {
        await real.OpenAsync();
        Assert.SkipWhen(real.Access is null, real.WhyNot);
        return real.Access!;
    }

    protected override void SkipUnlessStrict() =>
        Assert.SkipWhen(real.Minor < 25, $"kube-apiserver is 1.{real.Minor}: it drops unknown fields, from 1.25 on it refuses them");
}

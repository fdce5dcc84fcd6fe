using System.Net;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Client;

public sealed class KubeClientTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Writes_in_its_own_name_and_strictly()
    {
        await using var stage = await KubeStage.OpenAsync();

        var made = await stage.Client.CreateAsync(KubeStage.Thing, "shop", Body("a"), Stop);
        await stage.Client.PatchAsync(
            KubeStage.Named("a"), KubePatch.Json([new JsonObject { ["op"] = "add", ["path"] = "/spec/x", ["value"] = 1 }]), null, Stop);

        Assert.Equal("trafficctl", made["metadata"]!["managedFields"]![0]!["manager"]!.GetValue<string>());
        Assert.All(stage.Kube.Calls, c => Assert.Equal("?fieldManager=trafficctl&fieldValidation=Strict", c.Query));
        Assert.All(stage.Kube.Calls, c => Assert.StartsWith("trafficctl/0.1.0 (linux/", c.Agent, StringComparison.Ordinal));
        Assert.Equal("application/json-patch+json", stage.Kube.Calls.Last().ContentType);
    }

    [Fact]
    public async Task Gets_replaces_and_deletes_one_object()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Put("a");

        var seen = (await stage.Client.GetAsync(KubeStage.Named("a"), Stop))!;
        seen["spec"]!["number"] = 2;
        var replaced = await stage.Client.ReplaceAsync(KubeStage.Named("a"), seen, null, Stop);
        var stale = await Assert.ThrowsAsync<KubeException>(
            async () => await stage.Client.ReplaceAsync(KubeStage.Named("a"), seen, null, Stop));
        var wrong = await Assert.ThrowsAsync<KubeException>(
            async () => await stage.Client.DeleteAsync(KubeStage.Named("a"), new KubeDelete("other"), Stop));

        Assert.Equal(2, replaced["metadata"]!["generation"]!.GetValue<int>());
        Assert.True(stale.IsConflict && wrong.IsConflict);
        Assert.StartsWith("update of Thing shop/a: 409 Conflict: ", stale.Message, StringComparison.Ordinal);
        Assert.True(await stage.Client.DeleteAsync(KubeStage.Named("a"), KubeDelete.Any, Stop));
        Assert.False(await stage.Client.DeleteAsync(KubeStage.Named("a"), KubeDelete.Any, Stop));
        Assert.Null(await stage.Client.GetAsync(KubeStage.Named("a"), Stop));
    }

    [Fact]
    public async Task Writes_a_status_and_nothing_else()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Put("a");

        await stage.Client.PatchAsync(
            KubeStage.Named("a"), KubePatch.Merge(new() { ["status"] = new JsonObject { ["ready"] = true }, ["spec"] = new JsonObject() }),
            "status", Stop);

        var live = stage.Kube.Get(KubeStage.Named("a"))!;
        Assert.True(live["status"]!["ready"]!.GetValue<bool>());
        Assert.Equal(1, live["metadata"]!["generation"]!.GetValue<int>());
        Assert.Equal("status", stage.Kube.Calls.Last().Subresource);
    }

    [Fact]
    public async Task Applies_what_is_its_own()
    {
        await using var stage = await KubeStage.OpenAsync();
        var whole = Body("a");

        await stage.Client.PatchAsync(KubeStage.Named("a"), KubePatch.Apply(whole), null, Stop);
        var again = await stage.Client.PatchAsync(KubeStage.Named("a"), KubePatch.Apply(whole), null, Stop);

        Assert.Equal("Apply", again["metadata"]!["managedFields"]![0]!["operation"]!.GetValue<string>());
        Assert.Contains("force=true", stage.Kube.Calls.Last().Query);
        Assert.Equal("1", again["metadata"]!["generation"]!.ToString());
    }

    [Fact]
    public async Task Lists_every_page()
    {
        await using var stage = await KubeStage.OpenAsync(KubeClientOptions.Default with { PageSize = 2 });
        foreach (var name in "abcde") stage.Put($"{name}", labels: name == 'c' ? "" : "app: x");

        var all = await stage.Client.ListAsync(KubeStage.Thing, "shop", null, Stop);
        var some = await stage.Client.ListAsync(KubeStage.Thing, null, "app=x", Stop);

        Assert.Equal(["a", "b", "c", "d", "e"], all.Items.Select(Name));
        Assert.Equal(["a", "b", "d", "e"], some.Items.Select(Name));
        Assert.Equal(5, stage.Kube.Calls.Count);
    }

    [Fact]
    public async Task Begins_a_list_anew_when_its_pages_expire_under_it()
    {
        await using var stage = await KubeStage.OpenAsync(KubeClientOptions.Default with { PageSize = 2 });
        foreach (var name in "abcde") stage.Put($"{name}");
        stage.Kube.Intercept = call =>
        {
            if (call.Query.Contains("continue")) stage.Kube.Compact();
            return null;
        };

        var all = await stage.Client.ListAsync(KubeStage.Thing, "shop", null, Stop);

        Assert.Equal(["a", "b", "c", "d", "e"], all.Items.Select(Name));
        Assert.DoesNotContain("limit", stage.Kube.Calls.Last().Query);
    }

    [Fact]
    public async Task Items_of_built_in_lists_know_their_kind()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Kube.PutYaml("{apiVersion: v1, kind: Service, metadata: {name: a, namespace: shop}}");

        var item = (await stage.Client.ListAsync(KubeKind.Service, "shop", null, Stop)).Items.Single();

        Assert.Equal(("v1", "Service"), (item["apiVersion"]!.GetValue<string>(), item["kind"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_watch_goes_on_from_a_version_and_ends_with_the_server()
    {
        await using var stage = await KubeStage.OpenAsync();
        stage.Put("a");
        var from = (await stage.Client.ListAsync(KubeStage.Thing, "shop", null, Stop)).ResourceVersion;
        stage.Put("b");
        stage.Put("a", 2);
        stage.Kube.Delete(KubeStage.Named("b"));

        var seen = new List<(KubeChangeKind, string)>();
        await foreach (var change in stage.Client.WatchAsync(KubeStage.Thing, "shop", null, from, Stop))
        {
            seen.Add((change.Kind, change.Kind == KubeChangeKind.Bookmark ? "" : Name(change.Now)));
            if (seen.Count == 3) stage.Kube.Bookmark();
            if (seen.Count == 4) stage.Kube.EndWatches();
        }

        Assert.Equal(
            [(KubeChangeKind.Added, "b"), (KubeChangeKind.Modified, "a"), (KubeChangeKind.Deleted, "b"), (KubeChangeKind.Bookmark, "")],
            seen);
        Assert.Matches(@"timeoutSeconds=(3|4|5)\d\d", stage.Kube.Calls.Last().Query);
    }

    [Fact]
    public async Task An_expired_watch_says_so()
    {
        await using var stage = await KubeStage.OpenAsync();
        var from = stage.Put("a")["metadata"]!["resourceVersion"]!.GetValue<string>();
        stage.Put("b");
        stage.Kube.Compact();

        var gone = await Assert.ThrowsAsync<KubeException>(() => DrainAsync(stage, from));

        Assert.True(gone.IsExpired);
        Assert.Contains("List it anew.", gone.Message);
    }

    [Fact]
    public async Task A_watch_that_is_dead_without_a_word_is_noticed()
    {
        await using var stage = await KubeStage.OpenAsync();
        var from = stage.Put("a")["metadata"]!["resourceVersion"]!.GetValue<string>();
        stage.Put("b");
        await using var watching = stage.Client.WatchAsync(KubeStage.Thing, "shop", null, from, Stop).GetAsyncEnumerator(Stop);
        Assert.True(await watching.MoveNextAsync());
        stage.Kube.FreezeWatches();
        stage.Put("c");

        var next = watching.MoveNextAsync().AsTask();
        stage.Clock.Advance(TimeSpan.FromSeconds(631));

        Assert.Equal("Silent", (await Assert.ThrowsAsync<KubeException>(() => next)).Reason);
    }

    [Fact]
    public async Task A_cut_watch_is_an_error_and_a_cancelled_one_is_not()
    {
        await using var stage = await KubeStage.OpenAsync();
        var from = stage.Put("a")["metadata"]!["resourceVersion"]!.GetValue<string>();
        var cut = DrainAsync(stage, from);
        await Eventually.TrueAsync(() => stage.Kube.Watching == 1, "a watch");
        stage.Kube.DropWatches();
        await Eventually.TrueAsync(() => stage.Kube.Watching == 0, "its end");
        Assert.Null((await Assert.ThrowsAsync<KubeException>(() => cut)).Code);

        using var stop = new CancellationTokenSource();
        var cancelled = DrainAsync(stage, from, stop.Token);
        await Eventually.TrueAsync(() => stage.Kube.Watching == 1, "another watch");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
    }

    [Fact]
    public async Task Finds_the_first_version_that_is_served()
    {
        await using var stage = await KubeStage.OpenAsync();

        var found = await stage.Client.FindAsync("acme.io", "things", "Thing", ["v2", "v1"], Stop);
        Assert.Equal(KubeStage.Thing, found);
        Assert.Equal(KubeKind.Service, await stage.Client.FindAsync("", "services", "Service", ["v1"], Stop));
        Assert.Null(await stage.Client.FindAsync("acme.io", "boxes", "Box", ["v1"], Stop));
        Assert.Null(await stage.Client.FindAsync("istio.io", "virtualservices", "VirtualService", ["v1", "v1beta1"], Stop));

        stage.Kube.Register(new KubeKind("istio.io", "v1beta1", "virtualservices", "VirtualService"));
        stage.Clock.Advance(KubeClientOptions.Default.KindsMissing);
        Assert.Equal(
            "v1beta1", (await stage.Client.FindAsync("istio.io", "virtualservices", "VirtualService", ["v1", "v1beta1"], Stop))!.Version);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a%2fb")]
    [InlineData("")]
    public async Task A_name_cannot_walk_out_of_its_place(string name)
    {
        await using var stage = await KubeStage.OpenAsync();

        var refused = await Assert.ThrowsAsync<KubeException>(async () => await stage.Client.GetAsync(KubeStage.Named(name), Stop));

        Assert.Equal(HttpStatusCode.BadRequest, refused.Code);
        Assert.Empty(stage.Kube.Calls);
    }

    private static async Task DrainAsync(KubeStage stage, string from, CancellationToken stop = default)
    {
        await foreach (var _ in stage.Client.WatchAsync(KubeStage.Thing, "shop", null, from, stop))
        {
            // To its end.
        }
    }

    private static JsonObject Body(string name) =>
        JsonNode.Parse($$$"""{"apiVersion":"acme.io/v1","kind":"Thing","metadata":{"name":"{{{name}}}"},"spec":{"number":1}}""")!
            .AsObject();

    private static string Name(JsonObject of) => of["metadata"]!["name"]!.GetValue<string>();
}

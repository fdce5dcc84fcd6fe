using System.Text;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Caching;

public sealed class KubeCacheTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Knows_what_is_there_and_what_happens()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Stage.Put("a");
        scene.Stage.Put("b");

        scene.Cache.Watch(KubeStage.Thing);
        Assert.False(scene.Cache.IsSynced(KubeKind.Service));
        await scene.Cache.SyncedAsync(Stop);
        Assert.True(scene.Cache.IsSynced(KubeStage.Thing));
        Assert.Equal(["a", "b"], scene.Names());

        scene.Stage.Put("c");
        scene.Stage.Put("a", 7);
        scene.Stage.Kube.Delete(KubeStage.Named("b"));
        await scene.UntilAsync(() => scene.Names() is ["a", "c"], "the changes", passes: false);
        Assert.Equal(7, scene.Cache.Get(KubeStage.Named("a"))!["spec"]!["number"]!.GetValue<int>());
        Assert.Null(scene.Cache.Get(KubeStage.Named("b")));
        Assert.Equal(4, scene.Changes);
        Assert.Equal(["watch"], scene.Stage.Kube.Calls.Select(c => c.Verb));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(422)]
    public async Task Lists_in_pages_where_lists_are_not_streamed(int refusal)
    {
        await using var scene = await Scene.OpenAsync(KubeClientOptions.Default with { PageSize = 2 });
        scene.Stage.Kube.RefusesStreamingLists = refusal;
        foreach (var name in "abcde") scene.Stage.Put($"{name}");

        scene.Cache.Watch(KubeStage.Thing, "shop");
        await scene.Cache.SyncedAsync(Stop);
        Assert.Equal(["a", "b", "c", "d", "e"], scene.Names());
        scene.Stage.Put("f");
        await scene.UntilAsync(() => scene.Names().Length == 6, "the change", passes: false);
        Assert.Equal(["watch", "list", "list", "list", "watch"], scene.Stage.Kube.Calls.Select(c => c.Verb));
    }

    [Fact]
    public async Task Sees_only_its_namespace_and_its_labels()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Stage.Put("a", labels: "app: x");
        scene.Stage.Put("b");
        scene.Stage.Kube.PutYaml("{apiVersion: acme.io/v1, kind: Thing, metadata: {name: c, namespace: other, labels: {app: x}}}");

        scene.Cache.Watch(KubeStage.Thing, "shop", "app=x");
        scene.Cache.Watch(KubeStage.Thing, "shop", "app=x");
        await scene.Cache.SyncedAsync(Stop);
        Assert.Equal(["a"], scene.Names());
        scene.Stage.Put("a", labels: "app: y");
        await scene.UntilAsync(() => scene.Names() is [], "the label", passes: false);
        scene.Cache.Watch(KubeStage.Thing, "other");
        await scene.UntilAsync(() => scene.Names() is ["c"], "the other namespace", passes: false);
        Assert.Equal(2, scene.Stage.Kube.Calls.Count);
    }

    [Fact]
    public async Task Goes_on_after_a_bookmark_without_listing_again()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Stage.Put("a");
        scene.Cache.Watch(KubeStage.Thing);
        await scene.Cache.SyncedAsync(Stop);
        for (var i = 0; i < 3; i++)
            scene.Stage.Kube.PutYaml($"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: m, namespace: shop}}, data: {{n: '{i}'}}}}");
        scene.Stage.Kube.Compact();
        scene.Stage.Kube.Bookmark();
        scene.Stage.Put("b");
        await scene.UntilAsync(() => scene.Names() is ["a", "b"], "the bookmark and what follows it", passes: false);

        scene.Stage.Kube.EndWatches();
        await scene.UntilAsync(() => scene.Stage.Kube.Calls.Count == 2, "the next watch");
        scene.Stage.Put("c");
        await scene.UntilAsync(() => scene.Names() is ["a", "b", "c"], "the change");

        Assert.DoesNotContain("sendInitialEvents", scene.Stage.Kube.Calls.Last().Query);
        Assert.Empty(scene.Log.Lines);
    }

    [Fact]
    public async Task Finds_what_was_deleted_while_its_position_was_forgotten()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Stage.Put("a");
        scene.Stage.Put("b");
        scene.Cache.Watch(KubeStage.Thing);
        await scene.Cache.SyncedAsync(Stop);
        scene.Stage.Kube.Intercept = _ => new KubeFault.Drop();
        scene.Stage.Kube.DropWatches();
        await scene.UntilAsync(() => scene.Stage.Kube.Watching == 0, "the end of the watch");
        scene.Stage.Kube.Delete(KubeStage.Named("a"));
        scene.Stage.Put("c");
        scene.Stage.Kube.Compact();
        scene.Stage.Kube.Intercept = null;

        await scene.UntilAsync(() => scene.Names() is ["b", "c"], "the difference");
    }

    [Fact]
    public async Task Keeps_what_it_knows_while_the_server_is_gone_for_ten_minutes()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Stage.Put("a");
        scene.Cache.Watch(KubeStage.Thing);
        await scene.Cache.SyncedAsync(Stop);
        scene.Stage.Kube.Intercept = _ => new KubeFault.Drop();
        scene.Stage.Kube.DropWatches();
        var gone = scene.Stage.Clock.GetUtcNow();
        await scene.UntilAsync(
            () => scene.Stage.Clock.GetUtcNow() - gone > TimeSpan.FromMinutes(10) && scene.Stage.Kube.Calls.Count >= 10,
            "ten minutes, and tries all the time");

        Assert.Equal(["a"], scene.Names());
        Assert.Single(scene.Cache.Problems);
        Assert.InRange(scene.Stage.Kube.Calls.Count, 10, 30);
        scene.Stage.Put("b");
        scene.Stage.Kube.Intercept = null;
        await scene.UntilAsync(() => scene.Names() is ["a", "b"], "its return");
        Assert.Empty(scene.Cache.Problems);
        // It is told after what it is about has become true.
        await scene.UntilAsync(() => scene.Log.Lines.Count >= 2, "the word of its return");
        Assert.Equal(2, scene.Log.Lines.Count);
    }

    [Fact]
    public async Task Notices_a_watch_that_died_without_a_word()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Cache.Watch(KubeStage.Thing);
        await scene.Cache.SyncedAsync(Stop);
        scene.Stage.Kube.FreezeWatches();
        scene.Stage.Put("a");

        await scene.UntilAsync(() => scene.Names() is ["a"], "the change behind the dead watch");
    }

    [Fact]
    public async Task A_missing_definition_is_no_object_and_is_looked_for_again()
    {
        await using var scene = await Scene.OpenAsync();
        var kind = new KubeKind("split.smi-spec.io", "v1alpha2", "trafficsplits", "TrafficSplit");

        scene.Cache.Watch(kind);
        await scene.Cache.SyncedAsync(Stop);
        Assert.Empty(scene.Cache.All(kind));
        Assert.Contains("install its CustomResourceDefinition", scene.Cache.Problems.Single());
        await scene.UntilAsync(() => scene.Stage.Clock.IsDueIn(Informer.Probing), "the wait", passes: false);

        scene.Stage.Kube.Register(kind);
        scene.Stage.Kube.PutYaml("{apiVersion: split.smi-spec.io/v1alpha2, kind: TrafficSplit, metadata: {name: a, namespace: shop}}");
        await scene.UntilAsync(() => scene.Cache.All(kind).Length == 1, "the definition");
        Assert.Empty(scene.Cache.Problems);
    }

    [Fact]
    public async Task A_missing_right_is_said_once_and_asked_for_again()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Stage.Kube.Intercept = KubeFault.Forbid;
        scene.Cache.Watch(KubeStage.Thing);
        await scene.UntilAsync(() => scene.Stage.Kube.Calls.Count >= 4, "a few tries");

        Assert.False(scene.Cache.IsSynced(KubeStage.Thing));
        Assert.Contains("Grant watch on things of the API group \"acme.io\"", Assert.Single(scene.Log.Lines));
        scene.Stage.Kube.Intercept = null;
        await scene.UntilAsync(() => scene.Cache.IsSynced(KubeStage.Thing), "the right");
    }

    [Fact]
    public async Task Comes_back_when_a_busy_server_says()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Stage.Kube.Intercept = _ => scene.Stage.Kube.Calls.Count < 2
            ? new KubeFault.Refuse(429, "TooManyRequests", RetryAfterSeconds: 40)
            : null;
        scene.Cache.Watch(KubeStage.Thing);

        await scene.UntilAsync(() => scene.Stage.Clock.IsDueIn(TimeSpan.FromSeconds(40)), "a wait of forty seconds", passes: false);
        await scene.UntilAsync(() => scene.Cache.IsSynced(KubeStage.Thing), "its return");
    }

    /// <summary>The stream that brought the list goes on for minutes, and must not keep it.</summary>
    [Fact]
    public async Task What_was_listed_is_let_go_when_it_changes()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Stage.Put("a");
        scene.Stage.Put("b");
        scene.Cache.Watch(KubeStage.Thing);
        await scene.Cache.SyncedAsync(Stop);
        var first = Weak(scene, "a");
        scene.Stage.Put("a", 7);
        await scene.UntilAsync(() => scene.Cache.Get(KubeStage.Named("a"))!["spec"]?["number"] is not null, "the change", passes: false);
        Assert.Equal(2, scene.Names().Length);
        await scene.UntilAsync(
            () =>
            {
                GC.Collect();
                return !first.IsAlive;
            },
            "the first one is gone",
            passes: false);

        static WeakReference Weak(Scene scene, string name) => new(scene.Cache.Get(KubeStage.Named(name)));
    }

    /// <summary>Nodes are made at the first look.</summary>
    [Fact]
    public void Threads_that_look_at_once_for_the_first_time_all_see_the_whole_object()
    {
        var labels = string.Join(',', Enumerable.Range(0, 40).Select(i => $"\"k{i}\":\"v{i}\""));
        var text = """{"metadata":{"name":"a","labels":{LABELS}},"spec":{"list":[{"a":[1,2,{"b":null}]},{"c":true}]}}"""
            .Replace("LABELS", labels, StringComparison.Ordinal);
        var expected = Walk(JsonNode.Parse(text));
        const int threads = 4, rounds = 500;
        var objects = Enumerable.Range(0, rounds)
            .Select(_ => KubePage.Read(Encoding.UTF8.GetBytes($"{{\"items\":[{text}]}}"), KubeStage.Thing)!.Items[0])
            .ToArray();
        using var together = new Barrier(threads);
        var seen = new string[threads][];
        var readers = Enumerable.Range(0, threads).Select(t => new Thread(() => seen[t] = [.. objects.Select(o =>
        {
            together.SignalAndWait();
            return Walk(o["metadata"]) + Walk(o["spec"]);
        })])).ToList();
        readers.ForEach(r => r.Start());
        readers.ForEach(r => r.Join());
        Assert.All(seen, texts => Assert.All(texts, t =>
            Assert.Equal(expected, "{metadata:" + t.Insert(t.LastIndexOf("{list:", StringComparison.Ordinal), ",spec:") + "}")));

        static string Walk(JsonNode? node) => node switch
        {
            JsonObject map => "{" + string.Join(',', map.Select(m => $"{m.Key}:{Walk(m.Value)}")) + "}",
            JsonArray list => "[" + string.Join(',', list.Select(Walk)) + "]",
            null => "null",
            _ => node.ToJsonString(),
        };
    }

    [Fact]
    public async Task A_listener_that_breaks_costs_nothing()
    {
        await using var scene = await Scene.OpenAsync();
        scene.Cache.Changed += _ => throw new InvalidOperationException("mine");
        scene.Cache.Watch(KubeStage.Thing);
        await scene.Cache.SyncedAsync(Stop);
        scene.Stage.Put("a");

        await scene.UntilAsync(() => scene.Names() is ["a"], "the change", passes: false);
        Assert.Single(scene.Stage.Kube.Calls);
    }

    private sealed class Scene : IAsyncDisposable
    {
        private int changes;

        public required KubeStage Stage { get; init; }

        public required KubeCache Cache { get; init; }

        public LogList<KubeCache> Log { get; private init; } = new();

        public int Changes => Volatile.Read(ref changes);

        public static async Task<Scene> OpenAsync(KubeClientOptions? options = null)
        {
            var stage = await KubeStage.OpenAsync(
                (options ?? KubeClientOptions.Default) with { CallTimeout = TimeSpan.FromDays(9), ListTimeout = TimeSpan.FromDays(9) });
            var log = new LogList<KubeCache>();
            var scene = new Scene { Stage = stage, Log = log, Cache = new KubeCache(stage.Client, stage.Clock, log, seed: 5) };
            scene.Cache.Changed += _ => Interlocked.Increment(ref scene.changes);
            return scene;
        }

        public string[] Names() => [.. Cache.All(KubeStage.Thing).Select(o => o["metadata"]!["name"]!.GetValue<string>())];

        /// <summary>Waits; the clock goes on meanwhile unless told otherwise.</summary>
        public Task UntilAsync(Func<bool> condition, string what, bool passes = true) => Eventually.TrueAsync(
            () =>
            {
                if (condition()) return true;
                if (passes) Stage.Clock.Advance(TimeSpan.FromSeconds(4));
                return false;
            },
            what);

        public async ValueTask DisposeAsync()
        {
            await Cache.DisposeAsync();
            await Stage.DisposeAsync();
        }
    }
}

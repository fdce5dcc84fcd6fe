using System.Text.Json.Nodes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Fakes;

/// <summary>The rules of a real API server that the tests of everything else lean on.</summary>
public sealed class FakeKubeTests : IAsyncLifetime
{
    private const string Thing =
        """{"apiVersion":"acme.io/v1","kind":"Thing","metadata":{"name":"a","labels":{"app":"x"}},"spec":{"list":[{"n":1}]},"status":{"ready":true}}""";
    private const string Things = "/apis/acme.io/v1/namespaces/shop/things";

    private readonly ManualClock clock = new();
    private FakeKube kube = null!;
    private RawKube raw = null!;

    public async ValueTask InitializeAsync()
    {
        kube = await FakeKube.StartAsync(clock);
        kube.Register(new KubeKind("acme.io", "v1", "things", "Thing"));
        raw = new RawKube(kube);
    }

    public ValueTask DisposeAsync()
    {
        raw.Dispose();
        return kube.DisposeAsync();
    }

    [Fact]
    public async Task A_new_object_gets_an_identity_and_no_status()
    {
        var (code, made) = await raw.PostAsync(Things, Thing);

        Assert.Equal(201, code);
        Assert.Equal("shop", Meta(made, "namespace"));
        Assert.Equal("2026-01-01T00:00:00Z", Meta(made, "creationTimestamp"));
        Assert.Equal(1, made["metadata"]!["generation"]!.GetValue<int>());
        Assert.NotNull(made["metadata"]!["uid"]);
        Assert.Null(made["status"]);
        var (again, status) = await raw.PostAsync(Things, Thing);
        Assert.Equal((409, "AlreadyExists"), (again, status["reason"]!.GetValue<string>()));
        Assert.Equal(404, (await raw.GetAsync(Things + "/b")).Code);
        Assert.Equal(404, (await raw.GetAsync("/apis/acme.io/v2/namespaces/shop/things")).Code);
    }

    [Fact]
    public async Task What_an_object_owned_goes_with_it_unless_another_owner_is_left()
    {
        await raw.PostAsync(Things, """{"apiVersion":"acme.io/v1","kind":"Thing","metadata":{"name":"one"}}""");
        await raw.PostAsync(Things, """{"apiVersion":"acme.io/v1","kind":"Thing","metadata":{"name":"two"}}""");
        async Task<string> OwnedByAsync(string owner) =>
            $$"""{"apiVersion":"acme.io/v1","kind":"Thing","name":"{{owner}}","uid":"{{Meta((await raw.GetAsync($"{Things}/{owner}")).Body, "uid")}}"}""";
        var (one, two) = (await OwnedByAsync("one"), await OwnedByAsync("two"));
        await raw.PostAsync(
            Things, $$$"""{"apiVersion":"acme.io/v1","kind":"Thing","metadata":{"name":"of-one","ownerReferences":[{{{one}}}]}}""");
        await raw.PostAsync(
            Things,
            $$$"""{"apiVersion":"acme.io/v1","kind":"Thing","metadata":{"name":"of-both","ownerReferences":[{{{one}}},{{{two}}}]}}""");
        await raw.PostAsync(
            Things,
            $$$"""{"apiVersion":"acme.io/v1","kind":"Thing","metadata":{"name":"of-of-one","ownerReferences":[{{{await OwnedByAsync("of-one")}}}]}}""");

        await raw.DeleteAsync($"{Things}/one");
        Assert.Equal(404, (await raw.GetAsync($"{Things}/of-one")).Code);
        Assert.Equal(404, (await raw.GetAsync($"{Things}/of-of-one")).Code);
        var both = (await raw.GetAsync($"{Things}/of-both")).Body;
        Assert.Equal("two", both["metadata"]!["ownerReferences"]!.AsArray().Single()!["name"]!.GetValue<string>());
        await raw.DeleteAsync($"{Things}/two");
        Assert.Equal(404, (await raw.GetAsync($"{Things}/of-both")).Code);
    }

    [Fact]
    public async Task An_owner_is_known_by_its_uid_and_not_by_its_name()
    {
        const string One = """{"apiVersion":"acme.io/v1","kind":"Thing","metadata":{"name":"one"}}""";
        await raw.PostAsync(Things, One);
        var uid = Meta((await raw.GetAsync($"{Things}/one")).Body, "uid");
        await raw.DeleteAsync($"{Things}/one");
        await raw.PostAsync(Things, One);

        await raw.PostAsync(Things, $$"""
            {"apiVersion":"acme.io/v1","kind":"Thing","metadata":{"name":"late","ownerReferences":[
                {"apiVersion":"acme.io/v1","kind":"Thing","name":"one","uid":"{{uid}}" } ] } }
            """);
        Assert.Equal(404, (await raw.GetAsync($"{Things}/late")).Code);
        Assert.Equal(200, (await raw.GetAsync($"{Things}/one")).Code);
    }

    [Fact]
    public async Task Only_a_change_of_the_spec_counts_as_a_generation()
    {
        await raw.PostAsync(Things, Thing);

        var labelled = await raw.PatchAsync(Things + "/a", """{"metadata":{"annotations":{"k":"v"}}}""", "merge-patch+json");
        var said = await raw.PatchAsync(Things + "/a/status", """{"status":{"ready":true},"spec":{"list":[]}}""", "merge-patch+json");
        var changed = await raw.PatchAsync(
            Things + "/a", """[{"op":"add","path":"/spec/list/0/n","value":2},{"op":"add","path":"/status/ready","value":false}]""");

        Assert.Equal([1, 1, 2], new[] { labelled, said, changed }.Select(a => a.Body["metadata"]!["generation"]!.GetValue<int>()));
        Assert.Equal("""{"ready":true}""", changed.Body["status"]!.ToJsonString());
        Assert.Equal("""{"list":[{"n":1}]}""", said.Body["spec"]!.ToJsonString());
    }

    [Fact]
    public async Task A_write_that_changes_nothing_is_no_new_version()
    {
        var (_, made) = await raw.PostAsync(Things, Thing);

        var (code, same) = await raw.PatchAsync(Things + "/a", """[{"op":"replace","path":"/spec/list/0/n","value":1}]""");

        Assert.Equal((200, Meta(made, "resourceVersion")), (code, Meta(same, "resourceVersion")));
    }

    [Fact]
    public async Task A_failed_test_of_a_patch_answers_422_and_changes_nothing()
    {
        var (_, made) = await raw.PostAsync(Things, Thing);

        var (code, status) =
            await raw.PatchAsync(
                Things + "/a",
                """[{"op":"replace","path":"/spec/list/0/n","value":5},{"op":"test","path":"/metadata/generation","value":7}]""");

        Assert.Equal((422, "Invalid"), (code, status["reason"]!.GetValue<string>()));
        Assert.Equal(Meta(made, "resourceVersion"), Meta((await raw.GetAsync(Things + "/a")).Body, "resourceVersion"));
        Assert.Equal(400, (await raw.PatchAsync(Things + "/a", """[{"op":"jump","path":"/"}]""")).Code);
        Assert.Equal(415, (await raw.PatchAsync(Things + "/a", "{}", "strategic-merge-patch+json")).Code);
        var many = $"[{string.Join(',', Enumerable.Repeat("""{"op":"test","path":"/kind","value":"Thing"}""", 10_001))}]";
        Assert.Equal(413, (await raw.PatchAsync(Things + "/a", many)).Code);
    }

    [Fact]
    public async Task An_old_version_or_another_uid_is_a_conflict()
    {
        var (_, made) = await raw.PostAsync(Things, Thing);
        await raw.PatchAsync(Things + "/a", """{"spec":{"x":1}}""", "merge-patch+json");

        Assert.Equal(409, (await raw.PutAsync(Things + "/a", made)).Code);
        Assert.Equal(
            409,
            (await raw.PatchAsync(
                Things + "/a", $$$"""{"metadata":{"resourceVersion":"{{{Meta(made, "resourceVersion")}}}"},"spec":{"x":2}}""",
                "merge-patch+json")).Code);
        Assert.Equal(409, (await raw.PatchAsync(Things + "/a", """{"metadata":{"uid":"other"}}""", "merge-patch+json")).Code);
        Assert.Equal(409, (await raw.DeleteAsync(Things + "/a", """{"preconditions":{"uid":"other"}}""")).Code);
        made["metadata"]!.AsObject().Remove("resourceVersion");
        Assert.Equal(422, (await raw.PutAsync(Things + "/a", made)).Code);
    }

    [Fact]
    public async Task Fields_know_their_managers()
    {
        await raw.PostAsync(Things + "?fieldManager=argocd-controller", Thing);
        clock.Advance(TimeSpan.FromMinutes(1));
        var (_, patched) =
            await raw.PatchAsync(Things + "/a?fieldManager=trafficctl", """[{"op":"add","path":"/spec/list/0/n","value":2}]""");

        var entries = patched["metadata"]!["managedFields"]!.AsArray();
        Assert.Equal(["argocd-controller", "trafficctl"], entries.Select(e => e!["manager"]!.GetValue<string>()));
        Assert.Equal("""{"f:spec":{"f:list":{}}}""", entries[1]!["fieldsV1"]!.ToJsonString());
        Assert.Equal("""{"f:metadata":{"f:labels":{"f:app":{}}}}""", entries[0]!["fieldsV1"]!.ToJsonString());
        Assert.Equal("2026-01-01T00:01:00Z", entries[1]!["time"]!.GetValue<string>());
        Assert.Equal("Update", entries[1]!["operation"]!.GetValue<string>());
    }

    [Fact]
    public async Task Finalizers_keep_an_object_until_they_are_gone()
    {
        await raw.PostAsync(Things, Thing.Replace("\"name\":\"a\"", "\"name\":\"a\",\"finalizers\":[\"acme.io/keep\"]"));

        await raw.DeleteAsync(Things + "/a");
        Assert.NotNull((await raw.GetAsync(Things + "/a")).Body["metadata"]!["deletionTimestamp"]);
        await raw.PatchAsync(Things + "/a", """[{"op":"remove","path":"/metadata/finalizers"}]""");
        Assert.Equal(404, (await raw.GetAsync(Things + "/a")).Code);
    }

    [Fact]
    public async Task An_apply_makes_and_then_takes_back_what_it_no_longer_says()
    {
        const string apply = "apply-patch+yaml";
        var (made, _) = await raw.PatchAsync(
            Things + "/a?fieldManager=tc", """{"apiVersion":"acme.io/v1","kind":"Thing","spec":{"x":1,"y":2}}""", apply);
        await raw.PatchAsync(Things + "/a?fieldManager=human", """{"spec":{"z":3,"x":9}}""", "merge-patch+json");

        var clash = await raw.PatchAsync(
            Things + "/a?fieldManager=tc", """{"apiVersion":"acme.io/v1","kind":"Thing","spec":{"x":1}}""", apply);
        var (code, forced) = await raw.PatchAsync(
            Things + "/a?fieldManager=tc&force=true", """{"apiVersion":"acme.io/v1","kind":"Thing","spec":{"x":1}}""", apply);

        Assert.Equal((201, 409, 200), (made, clash.Code, code));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"x":1,"z":3}"""), forced["spec"]), forced["spec"]!.ToJsonString());
    }

    [Fact]
    public async Task A_list_comes_in_pages_of_one_moment()
    {
        foreach (var name in "abcde") kube.PutYaml($"{{apiVersion: acme.io/v1, kind: Thing, metadata: {{name: {name}, namespace: shop}}}}");

        var (_, first) = await raw.GetAsync(Things + "?limit=2");
        kube.PutYaml("{apiVersion: acme.io/v1, kind: Thing, metadata: {name: f, namespace: shop}}");
        var (_, second) = await raw.GetAsync($"{Things}?limit=4&continue={Meta(first, "continue")}");

        Assert.Equal(["c", "d", "e"], second["items"]!.AsArray().Select(i => Meta(i!.AsObject(), "name")));
        Assert.Equal(Meta(first, "resourceVersion"), Meta(second, "resourceVersion"));
        kube.Compact();
        var (gone, status) = await raw.GetAsync($"{Things}?limit=4&continue={Meta(first, "continue")}");
        Assert.Equal((410, "Expired"), (gone, status["reason"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_watch_tells_of_changes_after_a_version_as_its_selector_sees_them()
    {
        var (_, made) = await raw.PostAsync(Things, Thing);
        using var watch = await raw.WatchAsync(
            $"{Things}?watch=1&allowWatchBookmarks=true&labelSelector=app%3Dx&resourceVersion={Meta(made, "resourceVersion")}");

        await raw.PatchAsync(Things + "/a", """{"spec":{"x":1}}""", "merge-patch+json");
        await raw.PatchAsync(Things + "/a", """{"metadata":{"labels":{"app":"y"}}}""", "merge-patch+json");
        await raw.PatchAsync(Things + "/a", """{"metadata":{"labels":{"app":"x"}}}""", "merge-patch+json");
        await raw.DeleteAsync(Things + "/a");
        kube.Bookmark();

        var types = new List<string>();
        for (var i = 0; i < 5; i++) types.Add(JsonNode.Parse((await watch.ReadLineAsync())!)!["type"]!.GetValue<string>());
        Assert.Equal(["MODIFIED", "DELETED", "ADDED", "DELETED", "BOOKMARK"], types);
    }

    [Fact]
    public async Task A_forgotten_position_is_told_inside_the_watch()
    {
        var (_, made) = await raw.PostAsync(Things, Thing);
        await raw.DeleteAsync(Things + "/a");
        kube.Compact();

        using var watch = await raw.WatchAsync($"{Things}?watch=1&resourceVersion={Meta(made, "resourceVersion")}");

        var line = JsonNode.Parse((await watch.ReadLineAsync())!)!;
        Assert.Equal(("ERROR", 410), (line["type"]!.GetValue<string>(), line["object"]!["code"]!.GetValue<int>()));
        Assert.Null(await watch.ReadLineAsync());
    }

    [Fact]
    public async Task A_watch_ends_after_its_timeout()
    {
        using var watch = await raw.WatchAsync($"{Things}?watch=1&resourceVersion=1000&timeoutSeconds=300");

        clock.Advance(TimeSpan.FromSeconds(300));

        Assert.Null(await watch.ReadLineAsync());
    }

    [Fact]
    public async Task A_definition_is_served_and_its_schema_kept()
    {
        kube.PutYaml("""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: boxes.acme.io}
            spec:
              group: acme.io
              scope: Namespaced
              names: {plural: boxes, singular: box, kind: Box}
              versions:
              - name: v1
                served: true
                storage: true
                schema:
                  openAPIV3Schema:
                    type: object
                    properties:
                      spec:
                        type: object
                        required: [size]
                        properties:
                          size: {type: integer, minimum: 1, maximum: 9}
                          mode: {type: string, enum: [a, b], default: a}
                          port: {x-kubernetes-int-or-string: true}
                          any: {type: object, x-kubernetes-preserve-unknown-fields: true}
            """);
        const string boxes = "/apis/acme.io/v1/namespaces/shop/boxes";

        var (bad, status) = await raw.PostAsync(boxes, """{"metadata":{"name":"a"},"spec":{"size":10,"mode":"c","port":true}}""");
        Assert.Equal((422, 3), (bad, status["details"]!["causes"]!.AsArray().Count));
        Assert.Equal(422, (await raw.PostAsync(boxes, """{"metadata":{"name":"a"},"spec":{}}""")).Code);
        Assert.Equal(
            400, (await raw.PostAsync(boxes + "?fieldValidation=Strict", """{"metadata":{"name":"a"},"spec":{"size":1,"sise":1}}""")).Code);
        var (_, made) = await raw.PostAsync(boxes, """{"metadata":{"name":"a"},"spec":{"size":1,"sise":1,"any":{"x":1},"port":"http"}}""");
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse("""{"size":1,"any":{"x":1},"port":"http","mode":"a"}"""), made["spec"]),
            made["spec"]!.ToJsonString());
        Assert.Equal(
            422, (await raw.PatchAsync(boxes + "/a?fieldValidation=Strict", """[{"op":"add","path":"/spec/sise","value":1}]""")).Code);
        var (_, served) = await raw.GetAsync("/apis/acme.io");
        Assert.Equal("acme.io/v1", served["preferredVersion"]!["groupVersion"]!.GetValue<string>());
        kube.Delete(new KubeName(
            new KubeKind("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", IsNamespaced: false), null,
            "boxes.acme.io"));
        Assert.Equal(404, (await raw.GetAsync(boxes)).Code);
    }

    [Fact]
    public async Task Faults_and_calls_are_as_the_test_says()
    {
        kube.Intercept = call => call.Verb switch
        {
            "create" => new KubeFault.LoseAnswer(),
            "get" => KubeFault.Forbid(call),
            "list" => new KubeFault.Drop(),
            _ => new KubeFault.Refuse(429, "TooManyRequests", RetryAfterSeconds: 3),
        };

        await Assert.ThrowsAsync<HttpRequestException>(() => raw.PostAsync(Things, Thing));
        Assert.NotNull(kube.Get(new KubeName(new KubeKind("acme.io", "v1", "things", "Thing"), "shop", "a")));
        Assert.Equal(403, (await raw.GetAsync(Things + "/a")).Code);
        await Assert.ThrowsAsync<HttpRequestException>(() => raw.GetAsync(Things));
        var (code, status) = await raw.PatchAsync(Things + "/a", "[]");
        Assert.Equal((429, 3), (code, status["details"]!["retryAfterSeconds"]!.GetValue<int>()));
        Assert.Equal(["create", "get", "list", "patch"], kube.Calls.Select(c => c.Verb));
        Assert.All(kube.Calls, c => Assert.Equal(("acme.io", "things", "shop"), (c.Group, c.Resource, c.Namespace)));
    }

    [Fact]
    public async Task Only_known_tokens_are_let_in()
    {
        kube.Tokens = ["one"];

        var (code, status) = await raw.GetAsync(Things);

        Assert.Equal((401, "Unauthorized"), (code, status["reason"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Dry_runs_leave_no_trace()
    {
        var (code, made) = await raw.PostAsync(Things + "?dryRun=All", Thing);

        Assert.Equal((201, "a"), (code, Meta(made, "name")));
        Assert.Equal(404, (await raw.GetAsync(Things + "/a")).Code);
    }

    private static string? Meta(JsonObject of, string key) => of["metadata"]![key]?.GetValue<string>();
}

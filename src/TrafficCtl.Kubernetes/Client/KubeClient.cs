using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Access;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>The API of one cluster over HTTP.</summary>
/// <remarks>
/// A call takes no longer than <see cref="KubeClientOptions.CallTimeout"/>, waits and retries included (a page of a list:
/// <see cref="KubeClientOptions.ListTimeout"/>). Reads are retried; a write only when it was refused with 429, for it was not done then.
/// Unknown fields are an error and are never dropped. <see cref="FindAsync"/> remembers its answers for minutes.
/// </remarks>
public sealed class KubeClient : IKube, IDisposable
{
    private readonly KubeClientOptions options;
    private readonly TimeProvider clock;
    private readonly KubeWire wire;
    private readonly KubeKinds kinds;

    public KubeClient(KubeAccess access, TimeProvider clock, KubeClientOptions? options = null)
    {
        this.clock = clock;
        this.options = options ?? KubeClientOptions.Default;
        wire = new KubeWire(access, this.options, clock);
        kinds = new KubeKinds(wire, this.options, clock);
    }

    /// <summary>The longest that a call on one object can take: what a leader must have left.</summary>
    public TimeSpan CallTimeout => options.CallTimeout;

    public ValueTask<JsonObject?> GetAsync(KubeName name, CancellationToken stop) =>
        wire.AskAsync(On("get", HttpMethod.Get, name, null, ""), stop);

    public ValueTask<KubeList> ListAsync(KubeKind kind, string? @in, string? labels, CancellationToken stop) =>
        ListAsync(kind, @in, labels, null, stop);

    public async ValueTask<JsonObject> CreateAsync(KubeKind kind, string? @in, JsonObject what, CancellationToken stop)
    {
        var path = KubePath.Collection(kind, @in) + Written();
        var name = (what["metadata"]?["name"] ?? what["metadata"]?["generateName"])?.ToString() ?? "";
        var target = @in is null ? $"{kind.Kind} {name}" : $"{kind.Kind} {@in}/{name}";
        return Answered(await wire.AskAsync(
            new KubeAsk("create", HttpMethod.Post, path, target, kind, @in, options.CallTimeout) { Body = what }, stop));
    }

    public async ValueTask<JsonObject> ReplaceAsync(KubeName name, JsonObject what, string? subresource, CancellationToken stop) =>
        Answered(await wire.AskAsync(On("update", HttpMethod.Put, name, subresource, Written()) with { Body = what }, stop));

    public async ValueTask<JsonObject> PatchAsync(KubeName name, KubePatch patch, string? subresource, CancellationToken stop)
    {
        var query = Written(patch.Force ? "true" : null);
        return Answered(await wire.AskAsync(
            On("patch", HttpMethod.Patch, name, subresource, query) with { Body = patch.Body, ContentType = patch.Type }, stop));
    }

    public async ValueTask<bool> DeleteAsync(KubeName name, KubeDelete how, CancellationToken stop)
    {
        var wanted = new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = "Background" };
        if (how != KubeDelete.Any)
        {
            var only = new JsonObject();
            if (how.Uid is not null) only["uid"] = how.Uid;
            if (how.ResourceVersion is not null) only["resourceVersion"] = how.ResourceVersion;
            wanted["preconditions"] = only;
        }

        return await wire.AskAsync(On("delete", HttpMethod.Delete, name, null, "") with { Body = wanted }, stop) is not null;
    }

    public IAsyncEnumerable<KubeChange> WatchAsync(
        KubeKind kind, string? @in, string? labels, string resourceVersion, CancellationToken stop) =>
        WatchAsync(kind, @in, labels, resourceVersion, streamsList: false, stop);

    public ValueTask<KubeKind?> FindAsync(
        string group, string plural, string kind, ImmutableArray<string> versions, CancellationToken stop) =>
        kinds.FindAsync(group, plural, kind, versions, stop);

    public void Dispose() => wire.Dispose();

    /// <param name="kind">The kind of the objects.</param>
    /// <param name="in">A namespace; null for all.</param>
    /// <param name="labels">A label selector; null for all.</param>
    /// <param name="resourceVersion"><c>0</c> takes whatever the server has at hand; null asks for the newest.</param>
    /// <param name="stop">Ends it.</param>
    internal async ValueTask<KubeList> ListAsync(
        KubeKind kind, string? @in, string? labels, string? resourceVersion, CancellationToken stop)
    {
        try
        {
            return await PagesAsync(kind, @in, labels, resourceVersion, options.PageSize, stop);
        }
        catch (KubeException e) when (e.IsExpired)
        {
            return await PagesAsync(kind, @in, labels, null, null, stop); // Its pages went out of date under it: all at once then.
        }
    }

    /// <param name="kind">The kind of the objects.</param>
    /// <param name="in">A namespace; null for all.</param>
    /// <param name="labels">A label selector; null for all.</param>
    /// <param name="resourceVersion">Where to go on; empty for a streaming list.</param>
    /// <param name="streamsList">Everything there is comes first, then a bookmark annotated <c>k8s.io/initial-events-end</c>.</param>
    /// <param name="stop">Ends it.</param>
    internal IAsyncEnumerable<KubeChange> WatchAsync(
        KubeKind kind, string? @in, string? labels, string resourceVersion, bool streamsList, CancellationToken stop)
    {
        var timeout = KubeWatchLines.Shortest + ((KubeWatchLines.Longest - KubeWatchLines.Shortest) * wire.Chance());
        var path = KubePath.Collection(kind, @in) + KubePath.Query(
            ("watch", "1"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", KubeWatchLines.Seconds(timeout)), ("labelSelector", labels),
            ("resourceVersion", resourceVersion.Length == 0 ? null : resourceVersion),
            ("sendInitialEvents", streamsList ? "true" : null), ("resourceVersionMatch", streamsList ? "NotOlderThan" : null));
        return new KubeWatchLines(wire, clock).ReadAsync(Over("watch", kind, @in, path), timeout, stop);
    }

    private async ValueTask<KubeList> PagesAsync(
        KubeKind kind, string? @in, string? labels, string? resourceVersion, int? size, CancellationToken stop)
    {
        var items = ImmutableArray.CreateBuilder<JsonObject>();
        string? more = null;
        while (true)
        {
            var path = KubePath.Collection(kind, @in) + KubePath.Query(
                ("limit", size?.ToString(CultureInfo.InvariantCulture)), ("labelSelector", labels), ("continue", more),
                ("resourceVersion", more is null ? resourceVersion : null));
            var page = await wire.AskPageAsync(Over("list", kind, @in, path), kind, stop);
            items.AddRange(page.Items);
            more = page.Continue;
            if (more is null) return new KubeList(items.ToImmutable(), page.ResourceVersion);
        }
    }

    private string Written(string? force = null) =>
        KubePath.Query(("fieldManager", options.FieldManager), ("fieldValidation", "Strict"), ("force", force));

    private KubeAsk On(string verb, HttpMethod method, KubeName name, string? subresource, string query) =>
        new(verb, method, KubePath.Object(name, subresource) + query, name.ToString(), name.Kind, name.Namespace, options.CallTimeout)
        {
            Subresource = subresource ?? "",
        };

    private KubeAsk Over(string verb, KubeKind kind, string? @in, string path) =>
        new(verb, HttpMethod.Get, path, @in is null ? $"all {kind}" : $"{kind} in {@in}", kind, @in, options.ListTimeout);

    private static JsonObject Answered(JsonObject? body) =>
        body ?? throw new System.Diagnostics.UnreachableException("only get and delete take a missing object for an answer");
}

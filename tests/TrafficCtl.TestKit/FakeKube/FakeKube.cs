using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Kubernetes;

namespace TrafficCtl.TestKit;

/// <summary>
/// An API server over real HTTP: objects with versions, generations and field owners, patches, watches, schemas - and faults.
/// Namespaces need not exist, no controller but the garbage collector runs (at once), and CEL rules are not evaluated.
/// </summary>
public sealed class FakeKube : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly KubeObjects objects = new();
    private readonly KubeVerbs verbs;
    private ImmutableHashSet<string> tokens = [];

    private FakeKube(TimeProvider clock)
    {
        verbs = new KubeVerbs(objects, clock);
        var server = new KubeServer(this, objects, clock);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Listen(IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http1);
        });
        app = builder.Build();
        app.Run(server.HandleAsync);
    }

    public Uri Address { get; private set; } = new("http://unset");

    /// <summary>Every request for a resource, in order of arrival.</summary>
    public ConcurrentQueue<KubeCall> Calls { get; } = new();

    /// <summary>Whose tokens the server knows, and what they may.</summary>
    public KubeCallers Callers { get; } = new();

    /// <summary>What goes wrong with a call; null, or an answer of null, when nothing does.</summary>
    public Func<KubeCall, KubeFault?>? Intercept { get; set; }

    /// <summary>Called with each change while nothing else can change: what it reads here is of the same moment.</summary>
    public Action<KubeWritten>? Written
    {
        get => objects.Written;
        set
        {
            lock (objects.Gate) objects.Written = value;
        }
    }

    /// <summary>The status (400 or 422) that a streaming list is refused with, as older servers do; null when it is served.</summary>
    public int? RefusesStreamingLists { get; set; }

    /// <summary>The bearer tokens that are let in; empty lets everybody in.</summary>
    public ImmutableHashSet<string> Tokens
    {
        get => Volatile.Read(ref tokens);
        set => Volatile.Write(ref tokens, value);
    }

    /// <summary>The open watches.</summary>
    public int Watching
    {
        get
        {
            lock (objects.Gate) return objects.Watchers.Count(w => !w.Frozen.Task.IsCompleted);
        }
    }

    /// <param name="clock">The clock of timestamps, watch timeouts, bookmarks and delays; null for the machine's.</param>
    public static async Task<FakeKube> StartAsync(TimeProvider? clock = null)
    {
        var kube = new FakeKube(clock ?? TimeProvider.System);
        await kube.app.StartAsync();
        kube.Address = new Uri(kube.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return kube;
    }

    /// <summary>Serves a kind, or one more version of it, over the same objects.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="openApiSchema">openAPIV3Schema; null takes anything.</param>
    /// <param name="hasStatus">Its status is a subresource.</param>
    public void Register(KubeKind kind, JsonNode? openApiSchema = null, bool hasStatus = true)
    {
        lock (objects.Gate) objects.Add(KubeResource.Of(kind, openApiSchema?.DeepClone().AsObject(), hasStatus));
    }

    /// <summary>Every object of a YAML file, such as the definitions of a mesh.</summary>
    public void PutFile(string path)
    {
        foreach (var what in YamlJson.All(File.ReadAllText(path))) Put(what.AsObject());
    }

    public JsonObject PutYaml(string yaml, string manager = "kubectl") => Put(YamlJson.One(yaml), manager);

    /// <summary>Creates the object or replaces all of it but its status, as somebody else than the subject of the test.</summary>
    /// <exception cref="InvalidOperationException">Refused; the message is the server's.</exception>
    public JsonObject Put(JsonObject what, string manager = "kubectl") => Locally(() =>
    {
        var at = At(what);
        var options = new KubeWriteOptions(new KubeWriter(manager));
        var written = at.Resource!.Objects.ContainsKey(KubeResource.Key(at.Namespace, at.Name!))
            ? verbs.Writes.Update(at, live => Over(live, what), options, isPatch: true)
            : verbs.Writes.Create(at, what, options);
        return KubeShow.As(verbs.Settled(at, written, options), at.Resource, at.Version!.Name);
    });

    /// <summary>Patches it as somebody else.</summary>
    public JsonObject Patch(KubeName name, KubePatch patch, string manager = "kubectl", string subresource = "") => Locally(() =>
        verbs.Patch(
            patch.Type, At(name, subresource), patch.Body, new KubeWriteOptions(new KubeWriter(manager, subresource)), patch.Force).Body);

    /// <summary>Deletes it as somebody else.</summary>
    public void Delete(KubeName name) => Locally(() => verbs.Delete(At(name, ""), null, dryRun: false));

    /// <summary>The object as it is, in the version of the kind; null when there is none.</summary>
    public JsonObject? Get(KubeName name)
    {
        lock (objects.Gate)
        {
            var at = At(name, "");
            return at.Resource!.Objects.GetValueOrDefault(KubeResource.Key(at.Namespace, at.Name!)) is { } live
                ? KubeShow.As(live, at.Resource, at.Version!.Name)
                : null;
        }
    }

    /// <summary>Every object of the kind.</summary>
    public ImmutableArray<JsonObject> All(KubeKind kind)
    {
        lock (objects.Gate) return [.. Resource(kind).Objects.Values.Select(o => KubeShow.As(o, Resource(kind), kind.Version))];
    }

    /// <summary>Forgets the history: watch positions and continue tokens of before answer 410.</summary>
    public void Compact()
    {
        lock (objects.Gate) objects.Compact();
    }

    /// <summary>The watches that are open now say nothing more, and keep their connections. Later ones are alive.</summary>
    public void FreezeWatches() => EachWatcher(w => w.Frozen.TrySetResult());

    /// <summary>Cuts the connections of the watches that are open now.</summary>
    public void DropWatches() => EachWatcher(w => w.Cut.Cancel());

    /// <summary>Ends the watches that are open now, as after their timeout.</summary>
    public void EndWatches() => EachWatcher(w => w.End());

    /// <summary>Sends a bookmark to each watch that wants them.</summary>
    public void Bookmark()
    {
        lock (objects.Gate)
        {
            foreach (var watcher in objects.Watchers.Where(w => w.WantsBookmarks)) watcher.Bookmark(objects.Revision);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    internal void Record(KubeCall call) => Calls.Enqueue(call);

    private void EachWatcher(Action<KubeWatcher> act)
    {
        KubeWatcher[] open;
        lock (objects.Gate) open = [.. objects.Watchers];
        foreach (var watcher in open) act(watcher);
    }

    private JsonObject Locally(Func<JsonObject> write)
    {
        try
        {
            lock (objects.Gate) return write().DeepClone().AsObject();
        }
        catch (KubeRefusal no)
        {
            throw new InvalidOperationException(no.Message, no);
        }
    }

    private static JsonObject Over(JsonObject live, JsonObject what)
    {
        var next = what.DeepClone().AsObject();
        next.Remove("status");
        if (live["status"] is { } status) next["status"] = status.DeepClone();
        return next;
    }

    private KubeRequest At(JsonObject what)
    {
        var (version, kind) = (what["apiVersion"]!.GetValue<string>(), what["kind"]!.GetValue<string>());
        var slash = version.IndexOf('/', StringComparison.Ordinal);
        var group = slash < 0 ? "" : version[..slash];
        var resource = objects.Resources.FirstOrDefault(r => r.Group == group && r.Kind == kind)
            ?? throw new InvalidOperationException($"no kind {kind} of {version} is served: register it, or put its CRD");
        var served = resource.Find(version[(slash + 1)..]) ?? throw new InvalidOperationException($"{kind} is not served as {version}");
        var space = resource.IsNamespaced ? what["metadata"]!["namespace"]?.GetValue<string>() ?? "default" : null;
        return new KubeRequest(resource, served, space, what["metadata"]!["name"]!.GetValue<string>(), "");
    }

    private KubeRequest At(KubeName name, string subresource) =>
        new(Resource(name.Kind), Resource(name.Kind).Find(name.Kind.Version), name.Namespace, name.Name, subresource);

    private KubeResource Resource(
        KubeKind kind) => objects.Find(kind.Group, kind.Plural) is { } found && found.Find(kind.Version) is not null
        ? found
        : throw new InvalidOperationException($"{kind} is not served as {kind.ApiVersion}: register it, or put its CRD");
}

using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>
/// Routing objects of a cluster: from an informer where one watches the kind, else from the server and then from memory for some seconds.
/// </summary>
internal sealed class KubeMeshObjects(IKube kube, IKubeView? view, MeshSettings settings, TimeProvider clock) : IMeshObjects
{
    private readonly ConcurrentDictionary<(string Namespace, MeshRead Read), (SceneObjects Found, long At)> seen = [];

    public async ValueTask<SceneObjects> ReadAsync(string @namespace, MeshRead read, bool isFresh, CancellationToken stop)
    {
        var known = seen.TryGetValue((@namespace, read), out var last);
        if (known && !isFresh && clock.GetElapsedTime(last.At) < settings.ReadEvery) return last.Found;
        try
        {
            var found = await FindAsync(@namespace, read, isFresh, stop);
            // An informer that lags behind what was written here is not asked.
            if (known && !isFresh && IsOlder(found, last.Found)) found = await FindAsync(@namespace, read, isFresh: true, stop);
            if (known) found = KeepInstances(last.Found, found);
            seen[(@namespace, read)] = (found, clock.GetTimestamp());
            return found;
        }
        catch (KubeException fault) when (read.IsOptional && fault.IsForbidden)
        {
            seen[(@namespace, read)] = (SceneObjects.None, clock.GetTimestamp());
            return SceneObjects.None;
        }
        catch (KubeException fault)
        {
            throw Fault(fault);
        }
    }

    public async ValueTask WriteAsync(string @namespace, MeshEdit edit, CancellationToken stop)
    {
        var read = seen.Keys.FirstOrDefault(k => k.Namespace == @namespace && edit.IsOf(k.Read.Of, k.Read.Name ?? ""));
        try
        {
            var kind = await KindAsync(edit.Of, stop) ?? throw Missing(edit.Of);
            var name = new KubeName(kind, @namespace, edit.Name);
            var now = edit switch
            {
                MeshEdit.Patch patch => await kube.PatchAsync(name, KubePatch.Json(patch.Operations.DeepClone().AsArray()), null, stop),
                MeshEdit.Apply apply => await kube.PatchAsync(name, KubePatch.Apply(apply.Whole.DeepClone().AsObject()), null, stop),
                MeshEdit.Delete delete => await DeleteAsync(name, delete, stop),
                _ => throw new InvalidOperationException($"{edit.GetType().Name} is not written to a cluster"),
            };
            if (read.Read is not null) seen[read] = (new SceneObjects(now is null ? [] : [now], kind.Version), clock.GetTimestamp());
        }
        catch (KubeException fault)
        {
            Forget(read);
            if (fault.IsConflict || (fault.Code == HttpStatusCode.UnprocessableEntity && edit is MeshEdit.Patch))
                throw new MeshRaceException(fault.Message, fault);
            throw Fault(fault);
        }
        catch
        {
            Forget(read);
            throw;
        }
    }

    private async ValueTask<SceneObjects> FindAsync(string @namespace, MeshRead read, bool isFresh, CancellationToken stop)
    {
        if (await KindAsync(read.Of, stop) is not { } kind) return read.IsOptional ? SceneObjects.None : throw Missing(read.Of);
        if (!isFresh && view?.IsSynced(kind) == true)
        {
            return new SceneObjects(
                read.Name is { } one
                    ? view.Get(new KubeName(kind, @namespace, one)) is { } held ? [held] : []
                    : [.. view.All(kind).Where(o => JsonRead.Text(o["metadata"]?["namespace"]) == @namespace)],
                kind.Version);
        }

        if (read.Name is not { } name) return new SceneObjects((await kube.ListAsync(kind, @namespace, null, stop)).Items, kind.Version);
        return new SceneObjects(await kube.GetAsync(new KubeName(kind, @namespace, name), stop) is { } live ? [live] : [], kind.Version);
    }

    private async ValueTask<JsonObject?> DeleteAsync(KubeName name, MeshEdit.Delete delete, CancellationToken stop)
    {
        await kube.DeleteAsync(name, new KubeDelete(delete.Uid), stop);
        return null;
    }

    private ValueTask<KubeKind?> KindAsync(MeshResource of, CancellationToken stop) => of == MeshResources.Service
        ? ValueTask.FromResult<KubeKind?>(KubeKind.Service)
        : kube.FindAsync(of.Group, of.Plural, of.Kind, of.Versions, stop);

    private void Forget((string, MeshRead) read)
    {
        if (read.Item2 is not null) seen.TryRemove(read, out _);
    }

    private static SceneObjects KeepInstances(SceneObjects before, SceneObjects now) => now with
    {
        Items = [.. now.Items.Select(o => before.Items.FirstOrDefault(b => IsSame(b, o)) ?? o)],
    };

    private static bool IsOlder(SceneObjects now, SceneObjects before) =>
        now.Items is [var a] && before.Items is [var b] && JsonRead.Uid(a) == JsonRead.Uid(b)
        && JsonRead.Number(a["metadata"]?["generation"]) < JsonRead.Number(b["metadata"]?["generation"]);

    private static bool IsSame(JsonObject a, JsonObject b) =>
        JsonRead.Uid(a) == JsonRead.Uid(b) && JsonRead.Text(a["metadata"]?["resourceVersion"]) is { } version
        && version == JsonRead.Text(b["metadata"]?["resourceVersion"]) && JsonRead.Text(a["apiVersion"]) == JsonRead.Text(b["apiVersion"]);

    private static MeshException Missing(MeshResource of) => new(
        MeshFault.KindMissing,
        $"the cluster does not serve {of} in any of the versions {string.Join(", ", of.Versions)}; install its CRDs, or name another "
            + "route. It is looked for again");

    private static MeshException Fault(KubeException fault) => new(
        fault.IsForbidden ? MeshFault.Forbidden
        : fault.Code is HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest ? MeshFault.Invalid
        : MeshFault.Unreachable,
        fault.Message, fault);
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Ledger;

/// <summary>The ledger in some ConfigMaps of the controller's own namespace (<see cref="Names"/>), a service a key.</summary>
/// <remarks>
/// Written a key at a time, so that nothing is lost when two processes follow one another, and only over what was known to stand there:
/// what a former leader sent, and what arrives when another one has written since, changes nothing.
/// </remarks>
internal sealed class KubeLedger(IKube kube, string ownNamespace, TimeProvider clock) : IRouteLedger
{
    /// <summary>The ConfigMaps that keep what was last written to routes: several, for each has room for some thousands.</summary>
    public static readonly ImmutableArray<string> Names = [.. Enumerable.Range(0, 8).Select(i => $"trafficctl-routes-{i}")];

    /// <summary>All services are read at the start of a leadership: one read serves those that come together.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>Tells these ConfigMaps from those of users: nobody need watch what only this process reads.</summary>
    public const string Label = "trafficctl.io/route-ledger";

    /// <summary>A record that was changed behind our back is read and written once more.</summary>
    private const int Attempts = 3;

    private readonly ConcurrentDictionary<KubeName, (JsonObject? Data, long At)> seen = [];

    /// <summary>What surely stands there of each service, as it was read or written last.</summary>
    private readonly ConcurrentDictionary<string, string?> known = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> turns = new(StringComparer.Ordinal);

    public async ValueTask<LedgerEntry?> FindAsync(string service, ClusterTarget target, CancellationToken stop)
    {
        var name = Name(service);
        if (!seen.TryGetValue(name, out var last) || clock.GetElapsedTime(last.At) > Fresh)
            seen[name] = last = ((await kube.GetAsync(name, stop))?["data"] as JsonObject, clock.GetTimestamp());
        return LedgerEntries.Find(LedgerJson.Read(service, known[service] = JsonRead.Text(last.Data?[service])), target);
    }

    public async ValueTask<ImmutableArray<(string Service, LedgerEntry Entry)>> AllAsync(CancellationToken stop)
    {
        var all = ImmutableArray.CreateBuilder<(string, LedgerEntry)>();
        foreach (var name in Names)
        {
            if ((await kube.GetAsync(new KubeName(KubeKind.ConfigMap, ownNamespace, name), stop))?["data"] is not JsonObject data) continue;
            foreach (var (service, text) in data)
                foreach (var entry in LedgerJson.Read(service, JsonRead.Text(text))) all.Add((service, entry));
        }

        return all.DrainToImmutable();
    }

    public ValueTask SaveAsync(string service, ClusterTarget target, LedgerEntry entry, CancellationToken stop) =>
        PutAsync(service, target, entries => LedgerEntries.Put(entries, target, entry), stop);

    public ValueTask RemoveAsync(string service, ClusterTarget target, CancellationToken stop) =>
        PutAsync(service, target, entries => LedgerEntries.Remove(entries, target), stop);

    /// <summary>The routes of a service are written at once, and are on record under one key: one waits for the other.</summary>
    private async ValueTask PutAsync(
        string service, ClusterTarget target, Func<ImmutableArray<LedgerEntry>, ImmutableArray<LedgerEntry>> change, CancellationToken stop)
    {
        var turn = turns.GetOrAdd(service, static _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(stop);
        try
        {
            await PutAloneAsync(service, isShared: !target.Also.IsEmpty, change, stop);
        }
        finally
        {
            turn.Release();
        }
    }

    private async ValueTask PutAloneAsync(
        string service, bool isShared, Func<ImmutableArray<LedgerEntry>, ImmutableArray<LedgerEntry>> change, CancellationToken stop)
    {
        var name = Name(service);
        seen.TryRemove(name, out _);
        for (var attempt = 1; ; attempt++)
        {
            // Not known again until the answer is here: a write whose answer is lost may have been done.
            // A first record is written without a test: where another route's may be there by now, it is looked at before.
            if (!known.TryRemove(service, out var before) || (before is null && isShared))
                before = JsonRead.Text((await kube.GetAsync(name, stop))?["data"]?[service]);
            var text = LedgerJson.Write(change(LedgerJson.Read(service, before)));
            try
            {
                if (before != text) await PatchAsync(name, service, before, text, stop);
                known[service] = text;
                return;
            }
            catch (KubeException fault) when ((fault.Code == HttpStatusCode.UnprocessableEntity || fault.IsConflict) && attempt < Attempts)
            {
                // Somebody else's record stands there now.
            }
        }
    }

    private async ValueTask PatchAsync(KubeName name, string service, string? before, string? text, CancellationToken stop)
    {
        // No patch can test that a key is not there: a first record is written over nothing, or over a former leader's first.
        var patch = before is null
            ? KubePatch.Merge(new JsonObject { ["data"] = new JsonObject { [service] = text } })
            : KubePatch.Json([
                Operation("test", service, before), text is null ? Operation("remove", service, null) : Operation("add", service, text)
            ]);
        try
        {
            await kube.PatchAsync(name, patch, null, stop);
        }
        catch (KubeException fault) when (fault.Code == HttpStatusCode.NotFound)
        {
            if (text is not null) await CreateAsync(name, new JsonObject { [service] = text }, stop);
        }
    }

    private static JsonObject Operation(string op, string service, string? value)
    {
        var operation = new JsonObject { ["op"] = op, ["path"] = Pointer.Of("data", service) };
        if (value is not null) operation["value"] = value;
        return operation;
    }

    private async ValueTask CreateAsync(KubeName name, JsonObject data, CancellationToken stop)
    {
        try
        {
            await kube.CreateAsync(name.Kind, name.Namespace, Whole(name, data), stop);
        }
        catch (KubeException fault) when (fault.IsConflict)
        {
            await kube.PatchAsync(name, KubePatch.Merge(new JsonObject { ["data"] = data.DeepClone() }), null, stop);
        }
    }

    private static JsonObject Whole(KubeName name, JsonObject data) => new()
    {
        ["apiVersion"] = name.Kind.ApiVersion,
        ["kind"] = name.Kind.Kind,
        ["metadata"] = new JsonObject
        {
            ["name"] = name.Name,
            ["namespace"] = name.Namespace,
            ["labels"] = new JsonObject { [OwnedObject.ManagedBy] = OwnedObject.Us, [Label] = "true" },
        },
        ["data"] = data.DeepClone(),
    };

    private KubeName Name(string service) => new(
        KubeKind.ConfigMap, ownNamespace, Names[(int)(Murmur3.Hash(Encoding.UTF8.GetBytes(service)) % (uint)Names.Length)]);
}

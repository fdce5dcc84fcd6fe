using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Adapters.Kubernetes;
using TrafficCtl.Adapters.Mesh.Json;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Adapters.Mesh.Ledger;

/// <summary>The ledger in some ConfigMaps of the controller's own namespace (<see cref="ApiAccess.RouteLedgers"/>), a service a key.</summary>
/// <remarks>Written by merge patch, a key at a time, so that nothing is lost when two processes follow one another.</remarks>
internal sealed class KubeLedger(IKube kube, string ownNamespace, TimeProvider clock) : IRouteLedger
{
    /// <summary>All services are read at the start of a leadership: one read serves those that come together.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>Tells these ConfigMaps from those of users: nobody need watch what only this process reads.</summary>
    public const string Label = "trafficctl.io/route-ledger";

    private readonly ConcurrentDictionary<KubeName, (JsonObject? Data, long At)> seen = [];

    public async ValueTask<LedgerEntry?> FindAsync(string service, ClusterTarget target, CancellationToken stop)
    {
        var name = Name(service);
        if (!seen.TryGetValue(name, out var known) || clock.GetElapsedTime(known.At) > Fresh)
            seen[name] = known = ((await kube.GetAsync(name, stop))?["data"] as JsonObject, clock.GetTimestamp());
        return Read(JsonRead.Text(known.Data?[service]));
    }

    public async ValueTask<ImmutableArray<(string Service, LedgerEntry Entry)>> AllAsync(CancellationToken stop)
    {
        var all = ImmutableArray.CreateBuilder<(string, LedgerEntry)>();
        foreach (var name in ApiAccess.RouteLedgers)
        {
            if ((await kube.GetAsync(new KubeName(KubeKind.ConfigMap, ownNamespace, name), stop))?["data"] is not JsonObject data) continue;
            foreach (var (service, text) in data)
                if (Read(JsonRead.Text(text)) is { } entry) all.Add((service, entry));
        }

        return all.DrainToImmutable();
    }

    public ValueTask SaveAsync(string service, ClusterTarget target, LedgerEntry entry, CancellationToken stop)
    {
        var json = new JsonObject { ["route"] = entry.Route, ["generation"] = entry.Generation };
        if (entry.Before is { } before) json["before"] = Json(before);
        if (entry.By is { } by) json["by"] = by;
        json["now"] = Json(entry.Now);
        if (entry.Now.Shadow > 0) json["shadow"] = entry.Now.Shadow;
        if (entry.Before?.Shadow > 0) json["shadowBefore"] = entry.Before.Shadow;
        return PutAsync(service, json.ToJsonString(), stop);
    }

    public ValueTask RemoveAsync(string service, ClusterTarget target, CancellationToken stop) => PutAsync(service, null, stop);

    private async ValueTask PutAsync(string service, string? text, CancellationToken stop)
    {
        var name = Name(service);
        seen.TryRemove(name, out _);
        var data = new JsonObject { [service] = text };
        try
        {
            await kube.PatchAsync(name, KubePatch.Merge(new JsonObject { ["data"] = data.DeepClone() }), null, stop);
        }
        catch (KubeException fault) when (fault.Code == HttpStatusCode.NotFound)
        {
            if (text is not null) await CreateAsync(name, data, stop);
        }
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
        ["metadata"] = new JsonObject { ["name"] = name.Name, ["namespace"] = name.Namespace, ["labels"] = new JsonObject { [OwnedObject.ManagedBy] = OwnedObject.Us, [Label] = "true" } },
        ["data"] = data.DeepClone(),
    };

    private KubeName Name(string service) => new(
        KubeKind.ConfigMap, ownNamespace, ApiAccess.RouteLedgers[(int)(Murmur3.Hash(Encoding.UTF8.GetBytes(service)) % (uint)ApiAccess.RouteLedgers.Length)]);

    private static LedgerEntry? Read(string? text)
    {
        if (text is null) return null;
        try
        {
            return JsonNode.Parse(text) is JsonObject json && JsonRead.Text(json["route"]) is { } route && ReadShares(json["now"], json["shadow"]) is { } now
                ? new LedgerEntry(route, (long)(JsonRead.Number(json["generation"]) ?? 0), ReadShares(json["before"], json["shadowBefore"]), now, JsonRead.Text(json["by"]))
                : null;
        }
        catch (JsonException)
        {
            // Somebody edited it: then it says nothing, as if nothing had been written yet.
            return null;
        }
    }

    private static JsonObject Json(Shares shares)
    {
        var json = new JsonObject();
        foreach (var (service, basisPoints) in shares.Of) json[service] = basisPoints;
        return json;
    }

    private static Shares? ReadShares(JsonNode? node, JsonNode? shadow) => node is JsonObject json
        ? Shares.Make(json.Select(p => new SlotShare(p.Key, JsonRead.Whole(p.Value) ?? 0))) with { Shadow = JsonRead.Whole(shadow) ?? 0 }
        : null;
}

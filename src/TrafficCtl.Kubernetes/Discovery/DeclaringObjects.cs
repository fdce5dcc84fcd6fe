using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>Every service that the cluster's objects declare.</summary>
internal static class DeclaringObjects
{
    /// <summary>Made by the controller for a service that annotations declare: it holds the state, and declares nothing.</summary>
    private const string ManagedBy = "app.kubernetes.io/managed-by";

    /// <param name="Declared">What was said.</param>
    /// <param name="Object">By what; the same object says the same.</param>
    /// <param name="Remarks">About declarations that are not heard because of this one.</param>
    internal sealed record Found(DeclaredService Declared, JsonObject Object, ImmutableArray<(KubeOrigin About, Remark Remark)> Remarks);

    /// <summary>
    /// One a service, in the order of names. A Delivery is heard before annotations, and the oldest Delivery before others.
    /// </summary>
    public static ImmutableArray<Found> Of(IKubeView view)
    {
        var found = new SortedDictionary<(string, string), Found>();
        foreach (var delivery in view.All(KubeKind.Delivery)
            .Where(IsDeclaration)
            .OrderBy(d => d.TextAt("metadata", "creationTimestamp"), StringComparer.Ordinal)
            .ThenBy(d => d.NameOf(), StringComparer.Ordinal))
        {
            var spec = delivery.MapAt("spec") ?? [];
            var service = spec.TextAt("service") ?? delivery.NameOf();
            var declared = new DeclaredService(
                delivery.NamespaceOf(), service, OriginOf(KubeKind.Delivery, delivery), ImmutableSortedDictionary<string, string>.Empty,
                spec);
            var key = (declared.Namespace, service);
            if (!found.TryGetValue(key, out var first)) found[key] = new Found(declared, delivery, []);
            else found[key] = Ignoring(
                first, declared.Origin, $"{first.Declared.Origin} is older and declares Service {service} too: delete one");
        }

        foreach (var service in view.All(KubeKind.Service))
        {
            if (KeysOf(service) is not { Count: > 0 } keys) continue;
            var declared = new DeclaredService(service.NamespaceOf(), service.NameOf(), OriginOf(KubeKind.Service, service), keys, null);
            var key = (declared.Namespace, declared.Service);
            if (!found.TryGetValue(key, out var first)) found[key] = new Found(declared, service, []);
            else found[key] = Ignoring(
                first, declared.Origin,
                $"its annotations are ignored, because {first.Declared.Origin} declares it: remove them, or the Delivery");
        }

        return [.. found.Values];
    }

    public static KubeOrigin OriginOf(KubeKind kind, JsonObject thing) =>
        new(new KubeName(kind, thing.NamespaceOf(), thing.NameOf()), thing.UidOf());

    private static Found Ignoring(Found first, KubeOrigin about, string why) =>
        first with { Remarks = first.Remarks.Add((about, new Remark("DeclaredTwice", why))) };

    private static bool IsDeclaration(JsonObject delivery) =>
        delivery.Label(ManagedBy) != "trafficctl"
            || (delivery.MapAt("spec")?.Any(p => p.Key is not ("service" or "revisionHistoryLimit")) ?? false);

    /// <summary>The annotations that say how, without those that ask for something to be done.</summary>
    private static ImmutableSortedDictionary<string, string>? KeysOf(JsonObject service)
    {
        if (service.MapAt("metadata", "annotations") is not { } annotations) return null;
        ImmutableSortedDictionary<string, string>.Builder? keys = null;
        foreach (var (name, value) in annotations)
        {
            if (!name.StartsWith(DeclaredService.Prefix, StringComparison.Ordinal) || value is not JsonValue) continue;
            var key = name[DeclaredService.Prefix.Length..];
            if (WishWords.IsWish(key)) continue;
            keys ??= ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            keys[key] = value.ToString();
        }

        return keys?.ToImmutable();
    }
}

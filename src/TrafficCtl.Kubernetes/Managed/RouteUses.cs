using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Mesh.Dialects;
using TrafficCtl.Kubernetes.Mesh.Istio;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>Finds what still sends requests to Services: asked of the server, of every kind of routing object that is served.</summary>
internal sealed class RouteUses(IKube kube, ImmutableArray<string> namespaces)
{
    /// <summary>A rule of traffic to a host sends nothing to it by itself.</summary>
    private const string OnlyRules = "destinationrules";

    /// <param name="space">The namespace of the Services.</param>
    /// <param name="services">Their names.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The first object that names one of them; null when none does.</returns>
    /// <exception cref="KubeException">Not known.</exception>
    public async ValueTask<KubeName?> FindAsync(string space, IReadOnlyCollection<string> services, CancellationToken stop)
    {
        foreach (var of in DialectList.All.SelectMany(d => d.Kinds.AsEnumerable()).Distinct())
        {
            if (of.Group.Length == 0 || of.Plural == OnlyRules) continue;
            if (await kube.FindAsync(of.Group, of.Plural, of.Kind, of.Versions, stop) is not { } kind) continue;
            var all = new List<JsonObject>();
            if (namespaces.IsEmpty) all.AddRange((await kube.ListAsync(kind, null, null, stop)).Items);
            foreach (var within in namespaces) all.AddRange((await kube.ListAsync(kind, within, null, stop)).Items);
            foreach (var route in all)
            {
                var isNear = route.NamespaceOf() == space;
                if (!Names(route["spec"], services, space, isNear) || (of == IstioDialect.VirtualService && IsIdle(route, all))) continue;
                return new KubeName(kind, route.NamespaceOf(), route.NameOf());
            }
        }

        return null;
    }

    /// <summary>A VirtualService of the controller's own takes no request until another one delegates to it.</summary>
    private static bool IsIdle(JsonObject route, List<JsonObject> all) => OwnObjects.IsOurs(route) && !all.Exists(other => other
        .ListAt("spec", "http").Any(rule => rule.TextAt("delegate", "name") == route.NameOf()
            && (rule.TextAt("delegate", "namespace") ?? other.NamespaceOf()) == route.NamespaceOf()));

    /// <summary>A text is the name of one, alone (in its own namespace or beside that) or with its domain.</summary>
    private static bool Names(JsonNode? json, IReadOnlyCollection<string> services, string space, bool isNear)
    {
        switch (json)
        {
            case JsonObject map:
                var isHere = map.ContainsKey("namespace") ? map.TextAt("namespace") == space : isNear;
                return map.Any(p => Names(p.Value, services, space, isHere));
            case JsonArray list:
                return list.Any(item => Names(item, services, space, isNear));
            case JsonValue value when value.TryGetValue(out string? text):
                return services.Any(s => (isNear && text == s) || text == $"{s}.{space}"
                    || text.StartsWith($"{s}.{space}.", StringComparison.Ordinal));
            default:
                return false;
        }
    }
}

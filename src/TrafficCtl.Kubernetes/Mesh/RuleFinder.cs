using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>The rule of a routing object that is managed: by its name, never by its position alone.</summary>
/// <param name="At">Its position now; a patch tests that the name is still there.</param>
internal sealed record FoundRule(int At, JsonObject Rule, string? Name)
{
    /// <exception cref="MeshException">None of that name, several of it, or several rules and none named.</exception>
    public static FoundRule Find(RouteScene scene, string what, JsonNode? rules, string? name)
    {
        var all = JsonRead.Items(rules).Select(r => new FoundRule(r.At, r.Item, JsonRead.Text(r.Item["name"]))).ToArray();
        var which = name is null ? all : [.. all.Where(r => r.Name == name)];
        if (which.Length == 1) return which[0];
        var names = string.Join(", ", all.Select(r => r.Name ?? "(unnamed)"));
        if (all.Length == 0) throw new MeshException(MeshFault.RuleMissing, $"{what} has no rule to write weights into");
        if (name is null)
        {
            throw new MeshException(
                MeshFault.UnnamedRule,
                $"{what} has {all.Length} rules ({names}); name the one to manage as {scene.Route.Dialect}/{scene.Route.Name}#NAME, and "
                    + "give it a name if it has none");
        }

        throw new MeshException(
            MeshFault.RuleMissing,
            which.Length == 0
                ? $"{what} has no rule named {name}, only {names}; give the route the name of a rule that is there"
                : $"{what} has {which.Length} rules named {name}; one name must mean one rule");
    }
}

using System.Text;
using TrafficCtl.Kubernetes.Roles;

namespace TrafficCtl.Kubernetes.Tests.Mesh.Dialects;

/// <summary>Rules of a role as YAML: resources of one group with the same verbs stand together.</summary>
internal static class RouteRoleText
{
    public static string Of(IEnumerable<ApiRule> rules, int indent)
    {
        var text = new StringBuilder();
        var space = new string(' ', indent);
        foreach (var group in rules.GroupBy(r => (r.Group, Verbs: string.Join(", ", r.Verbs))))
        {
            text.Append($"{space}- apiGroups: [\"{group.Key.Group}\"]\n");
            text.Append($"{space}  resources: [{string.Join(", ", group.Select(r => r.Resource))}]\n");
            text.Append($"{space}  verbs: [{group.Key.Verbs}]\n");
        }

        return text.ToString();
    }
}

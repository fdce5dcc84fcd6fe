using System.Text;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Cohorts;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>How a cohort is said as a match on headers.</summary>
internal static class HeaderMatch
{
    /// <summary>A map of header to how it is matched, as Istio has it.</summary>
    /// <exception cref="MeshException">The mesh does not see what the cohort goes by.</exception>
    public static JsonObject Istio(Cohort cohort)
    {
        var (name, value, isPattern) = Of(cohort);
        return new JsonObject { [name] = new JsonObject { [isPattern ? "regex" : "exact"] = value } };
    }

    /// <summary>An entry of a list of header matches, as the Gateway API has it.</summary>
    public static JsonObject Gateway(Cohort cohort)
    {
        var (name, value, isPattern) = Of(cohort);
        return new JsonObject { ["type"] = isPattern ? "RegularExpression" : "Exact", ["name"] = name, ["value"] = value };
    }

    /// <summary>The header's name in lower case, its value or pattern.</summary>
    public static (string Name, string Value, bool IsPattern) Of(Cohort cohort) => cohort.Attribute.Source switch
    {
        AttributeSource.Header => (cohort.Attribute.Name.ToLowerInvariant(), cohort.EqualTo, false),
        AttributeSource.Cookie => ("cookie", Cookie(cohort.Attribute.Name, cohort.EqualTo), true),
        _ => throw new MeshException(
            MeshFault.Unsupported, $"the cohort {cohort.Name} goes by {cohort.Attribute}, which no mesh matches on; let the edge set a "
                + "header of it, and go by that"),
    };

    /// <summary>Anchored at both ends and at the separators: <c>other-sid=1</c> or <c>sid=12</c> do not match <c>sid=1</c>.</summary>
    internal static string Cookie(string name, string value) => $@"^(?:.*;\s*)?{Quote(name)}={Quote(value)}(?:;.*)?$";

    /// <summary>Escapes what RE2 and PCRE take for syntax, and nothing else: RE2 refuses an unknown escape.</summary>
    private static string Quote(string text)
    {
        var quoted = new StringBuilder();
        foreach (var c in text)
        {
            if (@"\.+*?()|[]{}^$".Contains(c, StringComparison.Ordinal)) quoted.Append('\\');
            quoted.Append(c);
        }

        return quoted.ToString();
    }
}

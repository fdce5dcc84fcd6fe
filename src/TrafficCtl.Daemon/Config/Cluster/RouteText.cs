using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Dialects;

namespace TrafficCtl.Daemon.Config.Cluster;

/// <summary>A routing object as it is written: <c>istio/checkout#primary</c>.</summary>
internal static partial class RouteText
{
    /// <summary>One route.</summary>
    public static ScalarShape Shape { get; } = ShapeOf(RouteForms.All);

    /// <summary>One route of one of these dialects.</summary>
    public static ScalarShape ShapeOf(ImmutableArray<RouteForm> forms) => new(
        "a route such as istio/checkout#primary", text => Parse(text, forms),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^[a-z-]+/[a-z0-9.-]+(#.+)?$" });

    private static Meaning Parse(string text, ImmutableArray<RouteForm> forms)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0) return Meaning.Wrong(
            $"expected DIALECT/NAME#RULE, found \"{ScalarShape.Short(text)}\"",
            "write istio/checkout#primary, or without #RULE when the object has one rule");
        var dialect = text[..slash];
        var words = forms.Select(f => f.Dialect);
        if (!words.Contains(dialect))
            return Meaning.Wrong(
                $"\"{ScalarShape.Short(dialect)}\" is no routing that is known",
                Suggest.DidYouMean(dialect, words) ?? $"known: {string.Join(", ", words)}");
        var rest = text[(slash + 1)..];
        var hash = rest.IndexOf('#', StringComparison.Ordinal);
        var (name, rule) = hash < 0 ? (rest, null) : (rest[..hash], rest[(hash + 1)..]);
        if (name.Length > 253 || !Scalars.Is(ObjectName(), name))
            return Meaning.Wrong($"\"{ScalarShape.Short(name)}\" is not the name of an object", "use lower-case letters, digits, - and .");
        if (rule is not null && (rule.Length is 0 or > 253 || rule.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))))
            return Meaning.Wrong("the rule after # has no name", "name it, or leave # out when the object has one rule");
        return Meaning.Of(new RouteReference(dialect, name, rule));
    }

    [GeneratedRegex("^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ObjectName();
}

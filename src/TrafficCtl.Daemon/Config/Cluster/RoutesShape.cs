using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Cluster;

/// <summary>The routes of a service: one, several with commas between them (as an annotation has them), or a list.</summary>
internal sealed record RoutesShape : Shape
{
    public override string Expected => "a route such as istio/checkout#primary, or up to 16 of them with commas between";

    /// <returns>Items whose contents are <see cref="RouteReference"/>s, at least one.</returns>
    public override Value? Read(Node node, string path, Report report)
    {
        var routes = node switch
        {
            Node.List list => Listed(list, path, report),
            Node.Scalar { IsNull: false } text when PartsOf(text.Text) is { Count: > 1 } parts => Separated(text, parts, path, report),
            Node.Scalar { IsNull: false } => RouteText.Shape.Read(node, path, report) is Value.Leaf only ? [only] : null,
            _ => Refused(node, path, report),
        };
        return routes is { } all && AreApart(all, report) ? new Value.Items(node, path, [.. all]) : null;
    }

    public override JsonObject ToJson()
    {
        var one = RouteText.Shape.ToJson();
        // Several in one text: the parts are the reader's to check.
        var several = new JsonObject { ["type"] = "string", ["pattern"] = ",\\s*[a-z-]+/" };
        return new JsonObject
        {
            ["anyOf"] = new JsonArray(
                one, several,
                new JsonObject
                {
                    ["type"] = "array",
                    ["items"] = RouteText.Shape.ToJson(),
                    ["minItems"] = 1,
                    ["maxItems"] = ClusterTarget.MostRoutes,
                }),
        };
    }

    private static ImmutableArray<Value.Leaf>? Listed(Node.List list, string path, Report report)
    {
        if (list.Items.Length is 0 or > ClusterTarget.MostRoutes) return WrongCount(list, list.Items.Length, path, report);
        return Read([.. list.Items.Select((item, i) => (item, $"{path}[{i}]"))], report);
    }

    private static ImmutableArray<Value.Leaf>? Separated(Node.Scalar scalar, List<string> parts, string path, Report report)
    {
        if (parts.Count > ClusterTarget.MostRoutes) return WrongCount(scalar, parts.Count, path, report);
        return Read([.. parts.Select(text => ((Node)(scalar with { Text = text }), path))], report);
    }

    private static ImmutableArray<Value.Leaf>? Read(ImmutableArray<(Node Node, string Path)> parts, Report report)
    {
        var routes = parts.Select(p => RouteText.Shape.Read(p.Node, p.Path, report) as Value.Leaf).ToArray();
        return routes.Any(r => r is null) ? null : [.. routes.OfType<Value.Leaf>()];
    }

    private static ImmutableArray<Value.Leaf>? Refused(Node node, string path, Report report)
    {
        RouteText.Shape.Read(node, path, report);
        return null;
    }

    private static ImmutableArray<Value.Leaf>? WrongCount(Node node, int count, string path, Report report)
    {
        if (count == 0) report.Add(node, path, "has no route", "write istio/checkout#primary");
        else report.Add(node, path, $"{count} routes, at most {ClusterTarget.MostRoutes} are allowed");
        return null;
    }

    /// <summary>Without a rule a route is the only rule of its object: with one it is the same one, or none.</summary>
    private static bool AreApart(ImmutableArray<Value.Leaf> all, Report report)
    {
        var isClean = true;
        for (var i = 1; i < all.Length; i++)
        {
            var (route, before) = ((RouteReference)all[i].Content, all.Take(i).Select(l => (RouteReference)l.Content));
            if (before.Contains(route)) Add(all[i], $"{route} is named twice", "name each route once");
            else if (before.FirstOrDefault(b => IsSameRule(b, route)) is { } other)
                Add(all[i], $"{route} and {other} name one object, with a rule and without", "name the rule of each");
        }

        return isClean;

        void Add(Value.Leaf at, string message, string hint)
        {
            report.Add(at.Node, at.Path, message, hint);
            isClean = false;
        }
    }

    /// <summary>Parts end at a comma that another route stands behind: one in the name of a rule is no end.</summary>
    private static List<string> PartsOf(string text)
    {
        var parts = new List<string>();
        foreach (var part in text.Split(','))
        {
            if (parts.Count == 0 || IsRoute(part.Trim())) parts.Add(part.Trim());
            else parts[^1] += $",{part}";
        }

        return parts;
    }

    private static bool IsRoute(string text) =>
        text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && text[..slash].All(c => char.IsAsciiLetterLower(c) || c == '-');

    private static bool IsSameRule(RouteReference a, RouteReference b) =>
        (a.Dialect, a.Name) == (b.Dialect, b.Name) && (a.Rule is null || b.Rule is null);
}

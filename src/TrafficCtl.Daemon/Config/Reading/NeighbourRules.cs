using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The rules that hold between services: names, and what may share a listener.</summary>
internal static class NeighbourRules
{
    public static void Check(IReadOnlyList<Draft> drafts)
    {
        for (var i = 0; i < drafts.Count; i++)
            for (var j = 0; j < i; j++)
                Check(drafts[j], drafts[i]);
    }

    private static void Check(Draft first, Draft second)
    {
        CheckNames(first, second);
        if (Listen(first) is not { } a || Listen(second) is not { } b || a.Port != b.Port) return;
        if (!IsSameHost(a.Host, b.Host))
        {
            if (a.Port != 0 && Contains(a.Host, b.Host))
                Report(second, "listen", $"{b.Host}:{b.Port} and {a.Host}:{a.Port} of {Name(first)} cannot both be bound", $"write {a.Host} in both, or another port");
            return;
        }

        if (a.IsTls != b.IsTls)
            Report(second, "listen", $"{Name(first)} listens on the same port with {(a.IsTls ? "https" : "http")}", "use one scheme, or another port");
        else if (a.IsTls && IsSame(first, second, "match.host") && Files(first) != Files(second))
            Report(
                second, "tls", $"differs from that of {Name(first)} for the same host of the same listener",
                "use one certificate for a host, or another port");
        if (first.Root.Get("proxy-protocol", false) != second.Root.Get("proxy-protocol", false))
            Report(
                second, "proxy-protocol", $"differs from that of {Name(first)} on the same listener", "write it in both, or use another port");
        if (IsSame(first, second, "match.host") && IsSame(first, second, "match.path"))
            Report(
                second, second.Root.Find("match") is null ? "listen" : "match", $"is the match of {Name(first)} on the same listener",
                "give each a match of its own, or another port; where matches overlap the more special one wins");
    }

    private static void CheckNames(Draft first, Draft second)
    {
        if (Name(first) is not { Length: > 0 } name || Name(second) is not { Length: > 0 } other) return;
        if (name == other && Environment(first) == Environment(second))
            Report(
                second, "service", $"{new TargetKey(name, Environment(first)).Name} is already in {first.Report.File}:{first.Root.Find("service")!.Node.Line}",
                "give each service a name of its own, or another environment");
        else if (name != other && $"{name}-{Environment(first)}" == $"{other}-{Environment(second)}")
            Report(second, "service", $"its rollouts would have the names of those of {name}@{Environment(first)}", "choose another name for the service or the environment");
    }

    /// <summary>Neither names one, or both name it alike; <c>/**</c> is every path.</summary>
    private static bool IsSame(Draft first, Draft second, string path)
    {
        var rule = path == "match.host" ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return string.Equals(Named(first, path), Named(second, path), rule);
    }

    private static (string?, string?) Files(Draft draft) => (Text(draft, "tls.cert"), Text(draft, "tls.key"));

    private static string? Named(Draft draft, string path) => Text(draft, path) is { } text && text != "/**" ? text : null;

    private static bool IsSameHost(string a, string b) => Canonical(a) == Canonical(b);

    private static bool Contains(string a, string b) => Canonical(a) == "*" || Canonical(b) == "*" || IsLoopbackPair(a, b) || IsLoopbackPair(b, a);

    /// <summary><c>localhost</c> binds both loopback addresses.</summary>
    private static bool IsLoopbackPair(string a, string b) => a == "localhost" && b is "127.0.0.1" or "[::1]";

    private static string Canonical(string host) => host is "0.0.0.0" or "[::]" ? "*" : host;

    private static ListenAddress? Listen(Draft draft) => draft.Root.Find("listen") is Value.Leaf { Content: ListenAddress address } ? address : null;

    private static string Name(Draft draft) => Text(draft, "service") ?? "";

    private static string Environment(Draft draft) => Text(draft, "environment") ?? ServiceSpec.DefaultEnvironment;

    private static string? Text(Draft draft, string path) => draft.Root.Get<string?>(path, null);

    private static void Report(Draft draft, string path, string message, string hint)
    {
        var at = draft.Root.Find(path);
        draft.Report.Add(at?.Node ?? draft.Root.Node, path, message, hint);
    }
}

using TrafficCtl.Core.Delivery;
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
        else if (a.IsTls && (Text(first, "tls.cert"), Text(first, "tls.key")) != (Text(second, "tls.cert"), Text(second, "tls.key")))
            Report(second, "tls", $"differs from that of {Name(first)} on the same listener", "use one certificate, or another port");
        if (Overlap(first, second))
            Report(second, second.Root.Find("match") is null ? "listen" : "match", $"overlaps with the match of {Name(first)} on the same listener", "give each a match of its own, or another port");
    }

    private static void CheckNames(Draft first, Draft second)
    {
        if (Name(first) is not { Length: > 0 } name || Name(second) is not { Length: > 0 } other) return;
        if (name == other)
            Report(second, "service", $"{name} is already in {first.Report.File}:{first.Root.Find("service")!.Node.Line}", "give each service a name of its own");
        else if ($"{name}-{Environment(first)}" == $"{other}-{Environment(second)}")
            Report(second, "service", $"its rollouts would have the names of those of {name}@{Environment(first)}", "choose another name for the service or the environment");
    }

    /// <summary>Some request would belong to both.</summary>
    private static bool Overlap(Draft first, Draft second) =>
        HostsMeet(Text(first, "match.host"), Text(second, "match.host")) && PathsMeet(Text(first, "match.path"), Text(second, "match.path"));

    internal static bool HostsMeet(string? a, string? b)
    {
        if (a is null || b is null || string.Equals(a, b, StringComparison.OrdinalIgnoreCase)) return true;
        return Covers(a, b) || Covers(b, a);

        static bool Covers(string pattern, string host) =>
            pattern.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase);
    }

    internal static bool PathsMeet(string? a, string? b)
    {
        if (a is null || b is null || string.Equals(a, b, StringComparison.OrdinalIgnoreCase)) return true;
        return Covers(a, b) || Covers(b, a);

        static bool Covers(string pattern, string path)
        {
            if (!pattern.EndsWith("/**", StringComparison.Ordinal)) return false;
            var stem = pattern[..^3];
            return path.StartsWith(stem, StringComparison.OrdinalIgnoreCase) && (path.Length == stem.Length || path[stem.Length] == '/');
        }
    }

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

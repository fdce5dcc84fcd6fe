using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The rules that hold between services: names, and what may share a listener.</summary>
/// <remarks>Each service is looked up among those before it, never compared with all of them: ten thousand may share a listener.</remarks>
internal sealed class NeighbourRules
{
    private const string AnyAddress = "*", Localhost = "localhost";

    private readonly Dictionary<TargetKey, Draft> keys = [];

    /// <summary>By what the ids of its rollouts begin with.</summary>
    private readonly Dictionary<string, TargetKey> rollouts = new(StringComparer.Ordinal);

    private readonly Dictionary<int, Dictionary<string, Address>> ports = [];

    private NeighbourRules()
    {
    }

    /// <summary>A clash is a problem of the later service, and names the first one that it clashes with.</summary>
    public static void Check(IReadOnlyList<Draft> drafts)
    {
        var rules = new NeighbourRules();
        foreach (var draft in drafts)
        {
            rules.CheckNames(draft);
            if (draft.Root.Find("listen") is Value.Leaf { Content: ListenAddress listen }) rules.CheckListen(draft, listen);
        }
    }

    private void CheckNames(Draft draft)
    {
        if (Text(draft, "service") is not { Length: > 0 }) return;
        var key = KeyOf(draft);
        if (!keys.TryAdd(key, draft))
        {
            var first = keys[key];
            Report(
                draft, "service", $"{key.Name} is already in {first.Report.File}:{first.Root.Find("service")!.Node.Line}",
                "give each service a name of its own, or another environment or target");
        }
        else if (!rollouts.TryAdd(RolloutState.OwnerOf(key), key))
        {
            var other = rollouts[RolloutState.OwnerOf(key)];
            Report(
                draft, "service", $"its rollouts would have the names of those of {other}",
                "choose another name for the service or the environment");
        }
    }

    private void CheckListen(Draft draft, ListenAddress listen)
    {
        if (!ports.TryGetValue(listen.Port, out var addresses)) ports.Add(listen.Port, addresses = new(StringComparer.Ordinal));
        if (listen.Port != 0 && Overlapping(addresses, listen.Host) is { } over)
            Report(
                draft, "listen", $"{listen.Host}:{listen.Port} and {over.Host}:{listen.Port} of {Name(over.First)} cannot both be bound",
                $"write {over.Host} in both, or another port");
        if (addresses.TryGetValue(Canonical(listen.Host), out var address)) address.Check(draft, listen.IsTls);
        else addresses.Add(Canonical(listen.Host), new Address(draft, listen, addresses.Count));
    }

    /// <summary>One that cannot be bound beside the host on the same port; null when all can.</summary>
    private static Address? Overlapping(Dictionary<string, Address> addresses, string host)
    {
        var own = Canonical(host);
        if (own == AnyAddress)
            return addresses.Where(static a => a.Key != AnyAddress).Select(static a => a.Value).MinBy(static a => a.Order);
        if (addresses.TryGetValue(AnyAddress, out var any)) return any;
        // localhost binds both loopback addresses.
        return own switch
        {
            Localhost => addresses.GetValueOrDefault("127.0.0.1") ?? addresses.GetValueOrDefault("[::1]"),
            "127.0.0.1" or "[::1]" => addresses.GetValueOrDefault(Localhost),
            _ => null,
        };
    }

    private static string Canonical(string host) => host is "0.0.0.0" or "[::]" ? AnyAddress : host;

    private static string Name(Draft draft) => KeyOf(draft).Name;

    private static TargetKey KeyOf(Draft draft) => new(
        Text(draft, "service") ?? "", Text(draft, "environment") ?? TargetKey.DefaultEnvironment,
        Text(draft, "target") ?? TargetKey.DefaultTarget);

    private static string? Text(Draft draft, string path) => draft.Root.Get<string?>(path, null);

    private static void Report(Draft draft, string path, string message, string hint)
    {
        var at = draft.Root.Find(path);
        draft.Report.Add(at?.Node ?? draft.Root.Node, at?.Path ?? path, message, hint);
    }

    /// <summary>The services of one address, by what no two of them may have in different ways, or at all.</summary>
    private sealed class Address
    {
        private readonly bool isTls;
        private readonly Dictionary<string, Draft> certificates = new(StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<(string Host, string Path), Draft> matches = [];

        public Address(Draft first, ListenAddress listen, int order)
        {
            (First, Host, isTls, Order) = (first, listen.Host, listen.IsTls, order);
            Add(first, listen.IsTls);
        }

        /// <summary>Whose scheme and protocol hold for all.</summary>
        public Draft First { get; }

        /// <summary>As the first one writes it.</summary>
        public string Host { get; }

        /// <summary>Where it stands among the addresses of a port.</summary>
        public int Order { get; }

        public void Check(Draft draft, bool hasTls)
        {
            if (hasTls != isTls)
                Report(
                    draft, "listen", $"{Name(First)} listens on the same port with {(isTls ? "https" : "http")}",
                    "use one scheme, or another port");
            else if (isTls && certificates.TryGetValue(Named(draft, "match.host"), out var of) && Files(of) != Files(draft))
                Report(
                    draft, "tls", $"differs from that of {Name(of)} for the same host of the same listener",
                    "use one certificate for a host, or another port");
            if (First.Root.Get("proxy-protocol", false) != draft.Root.Get("proxy-protocol", false))
                Report(
                    draft, "proxy-protocol", $"differs from that of {Name(First)} on the same listener",
                    "write it in both, or use another port");
            if (Add(draft, hasTls) is { } twin)
                Report(
                    draft, draft.Root.Find("match") is null ? "listen" : "match", $"is the match of {Name(twin)} on the same listener",
                    "give each a match of its own, or another port; where matches overlap the more special one wins");
        }

        /// <returns>The first service with the same match; null when there is none.</returns>
        private Draft? Add(Draft draft, bool hasTls)
        {
            var host = Named(draft, "match.host");
            if (hasTls) certificates.TryAdd(host, draft);
            var match = (host.ToLowerInvariant(), Named(draft, "match.path"));
            return matches.TryAdd(match, draft) ? null : matches[match];
        }

        /// <summary>Empty for any; <c>/**</c> is every path.</summary>
        private static string Named(Draft draft, string path) => Text(draft, path) is { } text && text != "/**" ? text : "";

        private static (string?, string?) Files(Draft draft) => (Text(draft, "tls.cert"), Text(draft, "tls.key"));
    }
}

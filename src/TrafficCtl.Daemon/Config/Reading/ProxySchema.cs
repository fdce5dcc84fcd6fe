using System.Collections.Immutable;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using static TrafficCtl.Daemon.Config.Reading.Sections;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The keys of the embedded proxy: whose requests are whose, and how they are served.</summary>
internal static class ProxySchema
{
    private const int MaxIdentities = 8, MaxTrusted = 64;

    private static readonly ProxySettings Proxy = new();
    private static readonly TimeSpan Year = TimeSpan.FromDays(366);
    private static readonly TimeSpan None = TimeSpan.Zero;

    private static readonly ScalarShape PemFile = Scalars.Text("a PEM file", 1024);

    private static readonly SectionShape UpstreamTls = Shown("the upstream's TLS", null, "{ ca: cert.pem }",
        new("ca", PemFile with { Example = "cert.pem" },
            "Root certificates that are trusted, relative to this file; a changed one takes effect by itself.", Absent: "the system's"),
        new("sni", Addresses.ServerName,
            "The name that is asked for, verified in the certificate and sent as Host.", Absent: "the endpoint's"),
        new("verify", Scalars.Flag, "Whether certificates are verified; false lets anybody on the way read and change everything.", "true"),
        new("cert", PemFile with { Example = "cert.pem" },
            "The proxy's own certificate chain, for endpoints that ask for one; with key.", Absent: "none"),
        new("key", PemFile with { Example = "key.pem" }, "Its private key, relative to this file.", Absent: "none"));

    public static Key Match { get; } = new("match", Shown("a match", "host", "{ host: shop.example, path: /checkout/** }",
        new(
            "host", Scalars.Named("a host such as shop.example or *.shop.example", Names.Host),
            "The host asked for; a leading *. stands for any labels.", Absent: "any"),
        new(
            "path", Scalars.Named("a path such as /checkout/** or /exact", Names.Path),
            "The path asked for; a last /** stands for everything below.", Absent: "any")),
        "Which requests of the listener are the service's.");

    public static Key Identity { get; } = new(
        "identity", new ListShape("attributes", Scalars.Attribute, 1, MaxIdentities) { Example = "[header:x-user-id]" },
        "Whose request it is, first found wins.", Absent: "an anonymous bucket cookie")
    {
        Instead = Scalars.InsteadOfAttributes,
    };

    /// <summary>How it is found out whether an endpoint may get requests.</summary>
    public static SectionShape Probe { get; } = Shown("the health probe", "path", "{ path: /healthz }",
        new("path", Scalars.Named("a path such as /healthz", Names.Path), "Probed by GET.", Absent: "a connection alone"),
        new("every", Durations.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), "Between probes.", Durations.Text(
            Proxy.Health.Interval)),
        new("timeout", Durations.Between(
            TimeSpan.FromMilliseconds(10),
            TimeSpan.FromMinutes(5)), "Of one probe.", Durations.Text(Proxy.Health.ProbeTimeout)));

    /// <summary>How requests are served.</summary>
    public static ImmutableArray<Key> Serving { get; } =
    [
        new("tls", Shown("a certificate", null, "{ cert: cert.pem, key: key.pem }",
            new("cert", PemFile with { Example = "cert.pem" },
                "The certificate chain, relative to this file; read again on reload.", IsRequired: true),
            new("key", PemFile with { Example = "key.pem" }, "The private key, relative to this file.", IsRequired: true)),
            "The certificate of an https listener."),
        new("timeouts", Shown("the timeouts", "attempt", "{ attempt: 10s }",
            new(
                "connect", Durations.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)), "To a connection with the upstream.",
                Durations.Text(Proxy.ConnectTimeout)),
            new(
                "attempt", Durations.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(24)), "Dispatch to response headers.",
                Durations.Text(Proxy.AttemptTimeout)),
            new(
                "idle", Durations.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(24)), "Without a byte in either direction.",
                Durations.Text(Proxy.IdleTimeout))), "Deadlines of a request."),
        new("limits", Shown("the limits", "body", "{ body: 30MB }",
            new("body", Sizes.Between(0, 1L << 40), "Of a request's body.", SizeText.Of(Proxy.BodyLimit)),
            new("headers", Sizes.Between(1024, 1L << 20), "Of a request's headers together.", SizeText.Of(Proxy.HeaderLimit)),
            new("min-rate", Sizes.Between(0, 1L << 30),
                "A second, of a body that a client sends or takes, on average over the time that it is waited for; a slower one is cut. "
                + "0B leaves it to timeouts.idle.", SizeText.Of(Proxy.MinRate))), "Sizes that are refused."),
        new("health", Probe, "How endpoints are probed."),
        new("drain", Shown("the drain", "max", "{ delay: 5s, max: 30s }",
            new("delay", Durations.Between(None, TimeSpan.FromHours(1)), "Readiness off to listeners closed.", Durations.Text(
                Proxy.DrainDelay)),
            new("max", Durations.Between(None, TimeSpan.FromHours(24)), "Listeners closed to the last request cut.", Durations.Text(
                Proxy.DrainMax))), "How the process ends."),
        new("anonymous", Scalars.Choice(("cookie", Anonymous.Cookie), ("random", Anonymous.Random), ("none", Anonymous.None)),
            "Users without an identity: assigned by a signed cookie, each request anew (answers stay cacheable), or all to stable.",
            "cookie"),
        new("cookie", Shown("the bucket cookie", "max-age", "{ max-age: 30d }",
            new Key(
                "max-age", Durations.Between(TimeSpan.FromSeconds(1), Year), "How long a browser keeps it.", Absent: "until it is closed")),
            "The cookie that keeps anonymous users on their arm."),
        new("host", Scalars.Choice(("endpoint", false), ("keep", true)),
            "The Host that upstreams are sent: their own address, or the client's.", "endpoint"),
        new("trusted-proxies", new ListShape("addresses", Addresses.Network, 1, MaxTrusted) { Example = "[10.0.0.0/8]" },
            "Proxies in front of this one, as addresses or networks such as 10.0.0.0/8: what they say of their clients (X-Forwarded-*, "
                + "X-Real-IP, "
            + "Forwarded, PROXY protocol) is believed and continued; of everybody else it is replaced.", Absent: "none"),
        new("proxy-protocol", Scalars.Choice(("off", false), ("required", true)),
            "Whether each connection of the listener begins with a header of the PROXY protocol (version 1 or 2), which names the client.",
            "off"),
        new("protocol", Scalars.Choice(("auto", UpstreamProtocol.Auto), ("h2c", UpstreamProtocol.H2c)),
            "What is spoken to the upstream.", "auto"),
        new("upstream", Shown("the upstream", null, "{ tls: { ca: cert.pem } }",
            new Key("tls", UpstreamTls, "TLS towards https endpoints, of requests and of probes.")), "How endpoints are spoken to."),
        new("affinity", Scalars.Flag, "Whether a user with an identity keeps to one endpoint of a version while that is healthy.", "false"),
    ];
}

using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Kubernetes.Mesh.Keeping;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>Every key of the delivery file, once: the parser, the JSON Schema and <c>explain</c> are made of this table.</summary>
public static class DeliverySchema
{
    public const int MaxVersions =
        100, MaxEndpoints = 256, MaxCohorts = 16, MaxSteps = 50, MaxWeights = 100, MaxIdentities = 8, MaxMetrics = 8, MaxNeeds = 16;
    public const int MaxTrusted = 64;

    /// <summary>How much worse a metric may be when nobody says so (statistics 3.4: the margin of a gauge).</summary>
    internal const double MetricWorseBy = 0.15;

    private static readonly ProxySettings Proxy = new();
    private static readonly Analysis Analysis = Analysis.Default;
    private static readonly TimeSpan Year = TimeSpan.FromDays(366);
    private static readonly TimeSpan None = TimeSpan.Zero;

    private static readonly ScalarShape PemFile = Scalars.Text("a PEM file", 1024);

    private static readonly SectionShape Evidence = Shown("the evidence a step needs of the candidate", "requests", "{ requests: 200 }",
        new(
            "requests", Scalars.Count(0, 1_000_000_000_000), "Requests that the candidate has answered in the step.",
            $"{MinimumEvidence.Default.Requests}"),
        new(
            "users", Scalars.Count(0, 1_000_000_000), "Distinct users that the candidate has answered in the step.",
            $"{MinimumEvidence.Default.Users}"));

    private static readonly SectionShape Step = Section("a step of the rollout",
        new("cohort", Scalars.Named("a cohort's name", Names.Label), "Whom the step is for; everybody when left out."),
        new(
            "weights", new ListShape("weights", Shares.Weight, 1, MaxWeights) { Complete = Shares.UpToAll, Example = "[5, 25, 50, 100]" },
            "Rising percentages, a step each; 100 when a cohort is named without them."),
        new(
            "shadow", Shares.Weight,
            "Instead of weights, before any of them: the candidate gets copies of this percentage of the requests, and no user sees its "
            + $"answers. For routes of {string.Join(" and ", MeshServices.Mirroring)}. Requests that change something are then done "
            + "twice."),
        new("hold", Durations.Between(None, Year), "Minimum time at each weight.", Durations.Text(Plan.DefaultDwell)),
        new("at-least", Evidence, "Minimum evidence at each weight; else that of the analysis, of a shadow none.", Inherits: true))
        with
    { NotYet = ["while", "cells", "after", "flag", "needs", "split"], Main = "weights", Example = "{ weights: [5, 25, 50, 100] }" };

    private static readonly SectionShape Cohort = Section("a cohort",
        new("header", Scalars.HeaderName, "The header that tells."),
        new("cookie", Scalars.CookieName, "The cookie that tells."),
        new("claim", Scalars.ClaimPath, "The claim of the bearer token that tells, with dots into objects."),
        new("equals", Scalars.Text("a value", 256) with { Example = "\"yes\"" }, "The value that its members have.", IsRequired: true))
        with
    {
        NotYet = ["flag", "opt-in", "rotate", "every", "by", "list", "percent"],
        ExactlyOne = ["header", "cookie", "claim"],
        Example =
        "{ header: x-staff, equals: \"yes\" }"
    };

    private static readonly ScalarShape Consequences = Scalars.Choice(("rollback", Consequence.Rollback), ("hold", Consequence.Hold));

    private static readonly SectionShape Metric = Section("a metric of your own",
        new(
            "direction",
            Scalars.Choice(("higher", Direction.Higher), ("lower", Direction.Lower), ("both", Direction.Both)) with { Example = "higher" },
            "Which way is better: higher (orders), lower (CPU seconds per request), or both: it should stay as it is.", IsRequired: true),
        new("worse-by", Shares.Percent(1000), "How much worse the candidate's mean may be.", Shares.PercentText(MetricWorseBy)),
        new("then", Consequences, "What happens when it is worse.", "hold"),
        new(
            "limit", Scalars.Positive,
            "Where the metric ends, in its own unit (bytes of memory that are there): a candidate that grows towards it is held.",
            Absent: "none"),
        new("prometheus", Scalars.Block("a query", 2048), "The query that reads it, with a label arm.", Absent: "none"));

    internal static readonly SectionShape AnalysisKeys = Section("the analysis",
        new("errors", Shown("the errors signal", "worse-by", "{ worse-by: 0.1pp }",
            new(
                "worse-by", Shares.Points(100), "How much worse the candidate's error rate may be, in percentage points.",
                Shares.PointsText(Analysis.Errors.WorseBy)),
            new("then", Consequences, "What happens when it is worse.", "rollback")), "The share of failed requests."),
        new("client-errors", Shown("the client errors signal", "worse-by", "{ worse-by: 1pp, then: hold }",
            new(
                "worse-by", Shares.Points(100) with { Example = "1pp" },
                "How much larger the candidate's share of answers 4xx may be, in percentage points.",
                Shares.PointsText(Analysis.ClientErrors.WorseBy)),
            new(
                "then", Consequences,
                "What happens when it is larger. More than three times stable's share and ten points rolls back in either case.", "hold")),
            "The share of answers 4xx, where the metrics tell them from successes."),
        new("response-size", Shown("the response size signal", "factor", "{ factor: 2 }",
            new Key(
                "factor", Shares.NumberBetween(1.4, 1000), "How many times larger or smaller the candidate's median body may be.",
                $"{Analysis.ResponseSize.Factor}")),
            "The sizes of successful responses, where they are measured; a candidate beyond it is held."),
        new("latency", Shown("the latency signal", "worse-by", "{ worse-by: 10% }",
            new(
                "quantile", Shares.NumberBetween(0.5, 1), "The quantile that is compared beside the median.",
                $"{Analysis.Latency.Quantile}"),
            new("worse-by", Shares.Percent(1000), "How much slower the candidate may be.", Shares.PercentText(Analysis.Latency.WorseBy)),
            new("then", Consequences, "What happens when it is slower.", "rollback")), "The time to answer."),
        new("users", Shown("the users signal", "worse-by", "{ worse-by: 0.5pp }",
            new(
                "worse-by", Shares.Points(100) with { Example = "0.5pp" },
                "How much larger the share of users that meet a third error may be, in percentage points.", IsRequired: true),
            new("then", Consequences, "What happens when it is larger.", "rollback")), "Broken users; compared only when this is written.",
            Absent: "not compared"),
        new("routes", Shown("the routes", "max", "{ max: 50, depth: 3 }",
            new(
                "max", Scalars.Count(1, PathGroups.Most),
                "Route groups at most, those that stable is asked for most before a rollout's first step; all other paths are one more.",
                $"{PathGroups.Most}"),
            new(
                "depth", Scalars.Count(1, PathGroups.MostDepth), "Segments of the path that make a group; ids count as *.",
                $"{PathGroups.UsualDepth}"))
            with
        { MayBeOff = true },
            "Errors and latency by route, in the embedded proxy: a version that breaks one route is found, and the route is named. "
                + "off compares no routes."),
        new("at-least", Evidence, "Minimum evidence of the candidate, per step."),
        new("if-unsure", Shown("what follows an undecided step", "then", "{ hold: 2h, then: pause }",
            new("hold", Durations.Between(TimeSpan.FromSeconds(1), Year), "How long a step may stay undecided.", Durations.Text(
                UnsurePolicy.Default.Hold)),
            new(
                "then",
                Scalars.Choice(("pause", UnsureOutcome.Pause), ("rollback", UnsureOutcome.Rollback), ("promote", UnsureOutcome.Promote)),
                "What happens then.", "pause")),
            "What happens when a step stays undecided."),
        new("saturation", new ListShape(
            "gauges", Scalars.Choice([.. SaturationMetrics.All.Select(m => (m.Word, m))]), 1,
            3)
        { Example = "[cpu, memory]" },
            "What is compared of the pods, as cAdvisor tells it: cpu (CPU seconds per request), memory (working set of a pod), throttling "
                + "(share of CPU periods); a candidate that takes more is held.", Absent: "not compared"),
        new(
            "tick", Durations.Between(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
            "The interval of one look at the signals, in whole seconds.", Durations.Text(Analysis.Tick)),
        new("warm-up", Shown("the warm-up", "errors", "{ errors: 30s, latency: 1m }",
            new(
                "errors", Durations.Between(None, TimeSpan.FromHours(1)), "First traffic of the candidate to the first look at errors.",
                Durations.Text(Analysis.ErrorWarmUp)),
            new(
                "latency", Durations.Between(None, TimeSpan.FromHours(1)), "First traffic of the candidate to the first look at latency.",
                Durations.Text(Analysis.LatencyWarmUp))),
            "Time in which a new candidate is not judged."))
        with
    {
        NotYet = ["traffic", "prometheus", "method", "alpha"],
        Example = "{ errors: { worse-by: 0.1pp } }",
        Foreign = Schema.Foreign.OfAnalysis,
        Together = Schema.Foreign.Weights,
        Others = new Others(
            "metrics", Names.Metric, Metric, MaxMetrics, ["direction", "prometheus"],
            "a metric of your own is written as NAME: { direction: higher|lower|both, worse-by: 2% }"),
    };

    private static readonly SectionShape UpstreamTls = Shown("the upstream's TLS", null, "{ ca: cert.pem }",
        new("ca", PemFile with { Example = "cert.pem" },
            "Root certificates that are trusted, relative to this file; a changed one takes effect by itself.", Absent: "the system's"),
        new("sni", Addresses.ServerName,
            "The name that is asked for, verified in the certificate and sent as Host.", Absent: "the endpoint's"),
        new("verify", Scalars.Flag, "Whether certificates are verified; false lets anybody on the way read and change everything.", "true"),
        new("cert", PemFile with { Example = "cert.pem" },
            "The proxy's own certificate chain, for endpoints that ask for one; with key.", Absent: "none"),
        new("key", PemFile with { Example = "key.pem" }, "Its private key, relative to this file.", Absent: "none"));

    internal static SectionShape Root { get; } = Section("a service",
        new(
            "service", Scalars.Named("a service's name", Names.Service) with { Example = "checkout" },
            "The name of what is routed to as one.", IsRequired: true),
        new(
            "environment", Scalars.Named("an environment's name", Names.Label), "The environment that this process serves.",
            ServiceSpec.DefaultEnvironment),
        new("target", Scalars.Named("a target's name", Names.Label) with { Example = "east" },
            "The name of this place, where the service runs in several places of the environment.", TargetKey.DefaultTarget),
        new("listen", Addresses.Listen with { Example = "http://127.0.0.1:8080" }, "Where requests come in.", IsRequired: true),
        new("match", Shown("a match", "host", "{ host: shop.example, path: /checkout/** }",
            new(
                "host", Scalars.Named("a host such as shop.example or *.shop.example", Names.Host),
                "The host asked for; a leading *. stands for any labels.", Absent: "any"),
            new(
                "path", Scalars.Named("a path such as /checkout/** or /exact", Names.Path),
                "The path asked for; a last /** stands for everything below.", Absent: "any")),
            "Which requests of the listener are the service's."),
        new(
            "identity", new ListShape("attributes", Scalars.Attribute, 1, MaxIdentities) { Example = "[header:x-user-id]" },
            "Whose request it is, first found wins.", Absent: "an anonymous bucket cookie")
        {
            Instead = Scalars.InsteadOfAttributes,
        },
        new(
            "versions",
            new MapShape(
                "versions", Names.Version,
                new ListShape("addresses", Addresses.Endpoint, 1, MaxEndpoints) { Example = "[http://127.0.0.1:5001]" }, 1,
                MaxVersions)
            { Example = "{ v1: [http://127.0.0.1:5001] }" },
            "The versions in the order they came out, each with its endpoints.", IsRequired: true),
        new(
            "stable", Scalars.Named("a version's name", Names.Version) with { Example = "v1" },
            "The version that serves at birth; afterwards the last good one does.", IsRequired: true)
        {
            Missing = FirstVersion,
        },
        new("strategy", Scalars.Choice(
            ("canary", Strategy.Canary), ("blue-green", Strategy.BlueGreen),
            ("all-at-once", Strategy.AllAtOnce)), "How a new version is taken in.", "canary")
        {
            Instead = Schema.Foreign.Strategy,
        },
        new("rollout", new ListShape("steps", Step, 1, MaxSteps), "The steps of a canary.", Absent: "weights [5, 10, 25, 50, 100]")
        {
            Instead = Schema.Foreign.Rollout,
        },
        new(
            "holdback", Durations.Between(None, Year), "Time at 95 % before 100 %, so that the comparison goes on; 0 for none.",
            Durations.Text(Plan.DefaultHoldback)),
        new(
            "watch", Durations.Between(None, Year), "Time after 100 % in which the old version is kept warm and revert is instant.",
            Durations.Text(Plan.DefaultWatch)),
        new(
            "cohorts",
            new MapShape("cohorts", Names.Label, Cohort, 0, MaxCohorts) { Example = "{ staff: { header: x-staff, equals: \"yes\" } }" },
            "Named sets of users.", Absent: "none"),
        new("analysis", AnalysisKeys, "What worse means, and what follows."),
        new("needs", new ListShape("needs", GateCatalog.Shape(GateCatalog.All), 1, MaxNeeds), "What must hold for a step to begin.",
            Absent: "none"),
        new("when", WhenReader.Shape, "When a step may begin, by the clocks of a time zone.", Absent: "at any time"),
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
        new("health", Shown("the health probe", "path", "{ path: /healthz }",
            new("path", Scalars.Named("a path such as /healthz", Names.Path), "Probed by GET.", Absent: "a connection alone"),
            new("every", Durations.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)), "Between probes.", Durations.Text(
                Proxy.Health.Interval)),
            new("timeout", Durations.Between(
                TimeSpan.FromMilliseconds(10),
                TimeSpan.FromMinutes(5)), "Of one probe.", Durations.Text(Proxy.Health.ProbeTimeout))), "How endpoints are probed."),
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
        new("affinity", Scalars.Flag, "Whether a user with an identity keeps to one endpoint of a version while that is healthy.", "false"))
        with
    {
        NotYet =
            [
                "bundle", "environments", "verify", "route", "shadow", "gates", "freeze", "notify",
                "flags", "metrics", "variants", "kubernetes", "experiments", "notes",
            ],
        Foreign = Schema.Foreign.OfService,
        Together = Schema.Foreign.OlderAnalysis,
        File = static () => Root,
    };

    /// <summary>The first of the versions beside it; the usual example where there are none.</summary>
    private static string? FirstVersion(Node.Map service) =>
        service.Entries.FirstOrDefault(static e => e.Key.Text == "versions").Value is Node.Map { Entries: [var first, ..] }
            && Scalars.Is(Names.Version, first.Key.Text)
            ? Hints.Quoted(first.Key.Text)
            : null;

    /// <summary>The JSON Schema (draft 2020-12) of one document, for editors.</summary>
    public static string ToJsonSchema()
    {
        var json = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = "https://trafficctl.io/schema/delivery.json",
            ["title"] = "trafficctl delivery file",
        };
        foreach (var (name, value) in Root.ToJson().ToArray()) json[name] = value?.DeepClone();
        return json.ToJsonString(Indented);
    }

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerOptions.Default)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static SectionShape Section(string noun, params ImmutableArray<Key> keys) =>
        new(noun, keys, [], []) { File = static () => Root };

    /// <param name="main">The key that one value in the place of the section is for; null for none.</param>
    /// <param name="example">How the section is written.</param>
    private static SectionShape Shown(string noun, string? main, string example, params ImmutableArray<Key> keys) =>
        Section(noun, keys) with { Main = main, Example = example };
}

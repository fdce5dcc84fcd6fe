using System.Collections.Immutable;
using System.Net;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>One document to one service: the rules that hold between fields.</summary>
/// <param name="root">Its checked values.</param>
/// <param name="directory">That the names of files are relative to.</param>
/// <param name="abilities">What the target can do: what it cannot do is a problem.</param>
/// <param name="report">Takes the problems.</param>
/// <param name="passage">The environment of a pipeline that it is, where others come after it; null elsewhere.</param>
internal sealed class SpecReader(
    Value.Section root, string directory, Abilities abilities, Report report, Value.Section? passage = null)
{
    /// <summary>The service of the embedded proxy; null when the report is not clean.</summary>
    public ServiceSpec? Read()
    {
        var versions = ReadVersions();
        var stable = ReadStable();
        return ReadTemplate() is { } template && stable is not null ? template with { Versions = versions, Stable = stable } : null;
    }

    /// <summary>The service but for its versions; null when the report is not clean.</summary>
    public ServiceSpec? ReadTemplate()
    {
        var listen = ReadListener();
        var proxy = ReadProxy();
        ShadowRules.RefuseInProxy(root, abilities, report);
        RefuseNamespace();
        if (ReadCourse() is not { } course || !report.IsClean || listen is null) return null;
        return new ServiceSpec
        {
            Service = root.Get("service", ""),
            Environment = root.Get("environment", ServiceSpec.DefaultEnvironment),
            TargetName = root.Get("target", TargetKey.DefaultTarget),
            Target = new EmbeddedTarget
            {
                Listen = listen,
                Match = new RouteMatch(root.Get<string?>("match.host", null)?.ToLowerInvariant(), root.Get<string?>("match.path", null)),
                Proxy = proxy,
            },
            Identity = course.Identity,
            Versions = [],
            Stable = "",
            Cohorts = course.Cohorts,
            Plan = course.Plan,
            Needs = course.Needs,
            Analysis = course.Analysis,
        };
    }

    /// <summary>How a new version is taken in, wherever it runs; null with problems in the report.</summary>
    public RolloutSettings? ReadCourse()
    {
        var cohorts = ReadCohorts();
        var analysis = ReadAnalysis();
        var plan = new PlanReader(root, [.. Names("cohorts")], report, passage).Read();
        var needs = GateCatalog.Read(GateCatalog.All, root, abilities, report);
        return plan is null
            ? null
            : new RolloutSettings(root.Find("identity") is Value.Items identity
                ? identity.All<RequestAttribute>()
                : [], cohorts, plan, analysis,
                needs);
    }

    /// <summary>The listed versions with their endpoints; those that passed.</summary>
    public ImmutableArray<VersionSpec> ReadVersions()
    {
        var versions = ImmutableArray.CreateBuilder<VersionSpec>();
        if (root.Find("versions") is not Value.Named named) return [];
        foreach (var (name, _, value) in named.All)
        {
            if (value is not Value.Items endpoints) continue;
            // The forwarder's names do not tell letter cases apart.
            var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
            foreach (var leaf in endpoints.All.OfType<Value.Leaf>())
            {
                var endpoint = (Uri)leaf.Content;
                if (!seen.Add(endpoint.AbsoluteUri)) report.Add(leaf.Node, leaf.Path, "the same address twice", "remove one");
                if (UnixAddress.PathOf(endpoint) is { } socket && WhyNoSocket(socket) is { } why)
                    report.Add(leaf.Node, leaf.Path, why, "write the path of the socket that the version listens on");
                if (!IsListener(endpoint)) continue;
                report.Add(
                    leaf.Node, leaf.Path, "is this service's own listener: a request would go in a circle", "write the version's address");
            }

            versions.Add(new VersionSpec(name, endpoints.All<Uri>()));
        }

        return versions.ToImmutable();
    }

    /// <summary>One that is not there yet may come.</summary>
    private static string? WhyNoSocket(string path)
    {
        try
        {
            return FileStatus.Of(path) is { Identity: not null, Kind: not FileKind.Socket } found
                ? $"{ScalarShape.Short(path)} is {found.InWords}, not a socket"
                : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The daemon may be allowed what this user is not.
            return null;
        }
    }

    private bool IsListener(Uri endpoint)
    {
        if (root.Find("listen") is not Value.Leaf { Content: ListenAddress listen } || listen.Port == 0 || listen.Port != endpoint.Port)
            return false;
        if (!endpoint.IsLoopback) return string.Equals(listen.Host, endpoint.Host, StringComparison.OrdinalIgnoreCase);
        return listen.Host is "*" or "localhost" or "0.0.0.0" or "[::]"
            || (IPAddress.TryParse(listen.Host.Trim('[', ']'), out var own) && IPAddress.IsLoopback(own));
    }

    private ImmutableArray<Cohort> ReadCohorts()
    {
        var cohorts = ImmutableArray.CreateBuilder<Cohort>();
        if (root.Find("cohorts") is not Value.Named named) return [];
        foreach (var (name, _, value) in named.All)
        {
            if (value is not Value.Section cohort) continue;
            var (source, attribute) =
                cohort.Get<string?>("header", null) is { } header ? (AttributeSource.Header, header)
                : cohort.Get<string?>("cookie", null) is { } cookie ? (AttributeSource.Cookie, cookie)
                : (AttributeSource.Claim, cohort.Get("claim", ""));
            cohorts.Add(new Cohort(name, new RequestAttribute(source, attribute), cohort.Get("equals", "")));
        }

        return cohorts.ToImmutable();
    }

    private Listener? ReadListener()
    {
        var tls = root.Find("tls") as Value.Section;
        if (root.Find("listen") is not Value.Leaf { Content: ListenAddress address } leaf) return null;
        if (address.IsTls && tls is null)
            report.Add(leaf.Node, leaf.Path, "https needs a certificate", "add tls: { cert: FILE, key: FILE }");
        if (!address.IsTls && tls is not null)
            report.Add(tls.Node, tls.Path, "the listener is not https", $"write https:// in listen, or remove tls");
        var files = address.IsTls && tls is not null ? new TlsFiles(ReadFile(tls, "cert"), ReadFile(tls, "key")) : null;
        return new Listener(address.Host, address.Port, files) { IsProxied = root.Get("proxy-protocol", false) };
    }

    private string ReadFile(Value.Section tls, string key)
    {
        if (tls.Find(key) is not Value.Leaf { Content: string name } leaf) return "";
        if (name.Contains('\0'))
        {
            report.Add(leaf.Node, leaf.Path, "is not a file's name");
            return "";
        }

        var path = Path.GetFullPath(name, directory);
        if (WhyNoFile(path) is { } why) report.Add(leaf.Node, leaf.Path, why);
        return path;
    }

    private static string? WhyNoFile(string path)
    {
        try
        {
            var found = FileStatus.Of(path);
            return found.Kind switch
            {
                FileKind.Regular => null,
                FileKind.Missing => $"there is no file {ScalarShape.Short(path)}",
                _ => $"{ScalarShape.Short(path)} is {found.InWords}, not a file",
            };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {fault.Message}";
        }
    }

    private string? ReadStable()
    {
        if (root.Find("stable") is not Value.Leaf { Content: string stable } leaf) return null;
        if (root.Find("versions") is not Value.Named { All.IsEmpty: false } versions || versions.All.Any(v => v.Name == stable))
            return stable;
        var known = versions.All.Select(v => v.Name).ToImmutableArray();
        report.Add(leaf.Node, leaf.Path, $"there is no version {ScalarShape.Short(stable)}", Suggest.DidYouMean(stable, known)
            ?? $"known: {string.Join(", ", known.Take(10))}");
        return null;
    }

    private Analysis ReadAnalysis()
    {
        if (root.Find("analysis") is not Value.Section given) return Analysis.Default;
        var noQueries = abilities.LackOf(Ability.CustomMetrics);
        foreach (var (name, metric) in AnalysisReader.Metrics(given))
        {
            if (noQueries is not null) report.Add(metric.Node, metric.Path, noQueries.Why, noQueries.Remedy);
            else if (metric.Find("prometheus") is null)
                report.Add(metric.Node, metric.Path, "nothing reads it", "add prometheus: a query with a label arm");
            else if (given.Find("saturation") is Value.Items gauges && gauges.All<SaturationMetric>().Any(g => g.Name == name))
                report.Add(metric.Node, metric.Path, $"{name} is a gauge of saturation too", "give it another name");
        }

        if (abilities.LackOf(Ability.Saturation) is { } noGauges && given.Find("saturation") is { } saturation)
            report.Add(saturation.Node, saturation.Path, noGauges.Why, noGauges.Remedy);
        if (abilities.LackOf(Ability.Routes) is { } noPaths && given.Find("routes") is Value.Section routes)
            report.Add(routes.Node, routes.Path, noPaths.Why, noPaths.Remedy);
        return AnalysisReader.Read(given, report);
    }

    private void RefuseNamespace()
    {
        if (root.Find("analysis") is not Value.Section given) return;
        foreach (var (_, metric) in AnalysisReader.Metrics(given))
        {
            if (metric.Find("prometheus") is not Value.Leaf { Content: string query } leaf) continue;
            if (query.Contains("{namespace}", StringComparison.Ordinal))
                report.Add(
                    leaf.Node, leaf.Path, "a service of the embedded proxy has no {namespace}", "write the namespace, or leave it out");
        }
    }

    private ProxySettings ReadProxy()
    {
        var standard = new ProxySettings();
        return standard with
        {
            ConnectTimeout = root.Get("timeouts.connect", standard.ConnectTimeout),
            AttemptTimeout = root.Get("timeouts.attempt", standard.AttemptTimeout),
            IdleTimeout = root.Get("timeouts.idle", standard.IdleTimeout),
            BodyLimit = root.Get("limits.body", standard.BodyLimit),
            HeaderLimit = (int)root.Get("limits.headers", (long)standard.HeaderLimit),
            MinRate = root.Get("limits.min-rate", standard.MinRate),
            Health = new HealthSettings(
                root.Get<string?>("health.path", null), Optional("health.every"), Optional("health.timeout")),
            DrainDelay = root.Get("drain.delay", standard.DrainDelay),
            DrainMax = root.Get("drain.max", standard.DrainMax),
            Protocol = root.Get("protocol", standard.Protocol),
            UpstreamTls = ReadUpstreamTls(),
            HasAffinity = root.Get("affinity", standard.HasAffinity),
            Anonymous = root.Get("anonymous", standard.Anonymous),
            CookieMaxAge = Optional("cookie.max-age"),
            KeepsHost = root.Get("host", standard.KeepsHost),
            TrustedProxies = root.Find("trusted-proxies") is Value.Items trusted ? trusted.All<IPNetwork>() : [],
        };
    }

    private UpstreamTls ReadUpstreamTls()
    {
        if (root.Find("upstream.tls") is not Value.Section tls) return new UpstreamTls();
        var (cert, key) = (tls.Find("cert"), tls.Find("key"));
        if (cert is not null && key is null) report.Add(cert.Node, cert.Path, "has no key beside it", "add key: FILE");
        if (key is not null && cert is null) report.Add(key.Node, key.Path, "has no certificate beside it", "add cert: FILE");
        if (tls.Find("ca") is { } ca && !tls.Get("verify", true))
            report.Add(ca.Node, ca.Path, "nothing is verified by it: verify is false", "remove verify, or ca");
        return new UpstreamTls
        {
            Authorities = tls.Find("ca") is null ? null : ReadFile(tls, "ca"),
            ServerName = tls.Get<string?>("sni", null),
            IsVerified = tls.Get("verify", true),
            Certificate = cert is null || key is null ? null : new TlsFiles(ReadFile(tls, "cert"), ReadFile(tls, "key")),
        };
    }

    private TimeSpan? Optional(string path) => root.Find(path) is Value.Leaf { Content: TimeSpan duration } ? duration : null;

    private IEnumerable<string> Names(string path) => root.Find(path) is Value.Named named ? named.All.Select(n => n.Name) : [];
}

/// <summary>The part of a service that says how a new version is taken in.</summary>
internal sealed record RolloutSettings(
    ImmutableArray<RequestAttribute> Identity, ImmutableArray<Cohort> Cohorts, Plan Plan, Analysis Analysis, ImmutableArray<Gate> Needs);

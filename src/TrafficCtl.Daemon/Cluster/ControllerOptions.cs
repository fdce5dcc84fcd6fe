using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Logging;
using TrafficCtl.Kubernetes.Access;

namespace TrafficCtl.Daemon.Cluster;

/// <summary>How a controller on Kubernetes is started: the flags of <c>trafficctl controller</c>.</summary>
public sealed record ControllerOptions
{
    public const string DefaultLease = "trafficctl";
    public const string DefaultProbes = "0.0.0.0:9181";
    public static readonly TimeSpan DefaultScrape = TimeSpan.FromSeconds(15);

    /// <summary>Null: of the pod that this runs in, else <c>$KUBECONFIG</c> or <c>~/.kube/config</c>.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>A context of the kubeconfig; null for its current one.</summary>
    public string? Context { get; init; }

    /// <summary>Only services of these namespaces; empty for all.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>Where the lease is; null for the pod's own namespace, else <c>default</c>.</summary>
    public string? LeaseNamespace { get; init; }

    public string Lease { get; init; } = DefaultLease;

    /// <summary>Names this process among the candidates for the lease; unlike any other.</summary>
    public required string Identity { get; init; }

    /// <summary>From the last renewal that others saw to their turn; renewed and asked for in parts of it, as Kubernetes' own components do.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The cluster, where it is known already; null to look for it.</summary>
    public KubeAccess? Access { get; init; }

    public required Uri Prometheus { get; init; }

    /// <summary>
    /// A file with a bearer token for Prometheus, read for each query; null for none. Sent over https or to this
    /// machine only.
    /// </summary>
    public string? PrometheusTokenFile { get; init; }

    /// <summary>A file with the certificate authorities, in PEM, that alone are trusted for Prometheus; null for the system's.</summary>
    public string? PrometheusCa { get; init; }

    /// <summary>Label matchers that every built-in query gets, such as <c>cluster="eu-1"</c>; empty for none.</summary>
    public string PrometheusSelector { get; init; } = "";

    /// <summary>How often Prometheus scrapes what is asked of it: windows are made of whole scrapes.</summary>
    public TimeSpan Scrape { get; init; } = DefaultScrape;

    /// <summary>Asked for alerts where a service waits for quiet; null without one.</summary>
    public Uri? Alertmanager { get; init; }

    /// <summary>Where service-splitters and service-routers are; null without Consul.</summary>
    public Uri? Consul { get; init; }

    /// <summary>A file with Consul's ACL token; null for none.</summary>
    public string? ConsulTokenFile { get; init; }

    /// <summary>A changed Secret that a pod template names is a new version; needs the right to read them.</summary>
    public bool WatchesSecrets { get; init; }

    /// <summary>The admin API: this machine only, as everywhere. A port-forward of kubectl reaches it.</summary>
    public Uri Admin { get; init; } = new(DaemonOptions.DefaultAdmin);

    /// <summary>Health, readiness and metrics, and nothing else, for the cluster to ask; port 0 asks for a free one.</summary>
    public IPEndPoint Probes { get; init; } = IPEndPoint.Parse(DefaultProbes);

    /// <summary>How log lines and announcements are written, and which.</summary>
    public LogSettings Log { get; init; } = LogSettings.Default;

    /// <summary>Where log lines go; null writes single lines to standard error.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }

    /// <summary>What it says of itself on standard output is a JSON object a line, for scripts.</summary>
    public bool IsJson { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>
    /// What cannot be used of the options for Prometheus together, and what to write instead; null when all can.
    /// Files are not looked at.
    /// </summary>
    public static string? PrometheusProblem(Uri address, string? tokenFile, string? caFile, string selector) =>
        new PrometheusOptions(address) { TokenFile = tokenFile, CaFile = caFile, Selector = selector }.Problem();

    internal PrometheusOptions PrometheusOptions => new(Prometheus)
    {
        Scrape = Scrape,
        TokenFile = PrometheusTokenFile,
        CaFile = PrometheusCa,
        Selector = PrometheusSelector,
    };

    /// <summary>A duration such as <c>15s</c>: whole seconds, 1 s to 60 s, as Prometheus looks back no further than some of them.</summary>
    public static bool TryParseScrape(string text, out TimeSpan scrape) =>
        Durations.TryParse(text, out scrape) && scrape >= TimeSpan.FromSeconds(1) && scrape <= TimeSpan.FromMinutes(1) && scrape.Ticks % TimeSpan.TicksPerSecond == 0;

    /// <summary>A name that a namespace may have: 1 to 63 of lower-case letters, digits and <c>-</c>, neither the first nor the last of them a <c>-</c>.</summary>
    public static bool IsObjectName(string text) =>
        text.Length is > 0 and <= 63 && text[0] != '-' && text[^1] != '-' && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>The host's name, for people, and what makes it another one than the last life's.</summary>
    public static string NewIdentity() => $"{Environment.MachineName.ToLowerInvariant()}_{Guid.NewGuid().ToString("N")[..8]}";
}

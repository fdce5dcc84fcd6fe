using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Control.Recording;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Logging;

namespace TrafficCtl.Daemon;

/// <summary>How a daemon is started: the flags of <c>trafficctl run</c>.</summary>
public sealed record DaemonOptions
{
    public const string DefaultAdmin = "http://127.0.0.1:9180";
    public const string DefaultDataDirectory = ".trafficctl";

    public static readonly TimeSpan DefaultKeepWindows = RecordingSettings.DefaultKeep;

    /// <summary><see cref="DefaultKeepWindows"/> as <see cref="TryParseKeep"/> reads it.</summary>
    public static string DefaultKeepText => Durations.Text(DefaultKeepWindows);

    /// <summary>Delivery files, or directories of them.</summary>
    public required ImmutableArray<string> Files { get; init; }

    public string DataDirectory { get; init; } = DefaultDataDirectory;

    /// <summary>Loopback only; port 0 asks for a free one.</summary>
    public Uri Admin { get; init; } = new(DefaultAdmin);

    /// <summary>
    /// Health, readiness and metrics, and nothing else, for other machines to ask; null for nowhere, port 0 for a
    /// free one.
    /// </summary>
    public IPEndPoint? Probes { get; init; }

    /// <summary>Completions on the socket threads: faster, and every connection waits for what computes on them.</summary>
    public bool InlineScheduling { get; init; }

    /// <summary>
    /// A file of the keys that sign the cookies of users without an identity, shared with other proxies; null keeps keys of this one's own
    /// in the data directory.
    /// </summary>
    public string? CookieKeys { get; init; }

    /// <summary>How long the windows of ended rollouts are kept for a replay; zero keeps none.</summary>
    public TimeSpan KeepWindows { get; init; } = DefaultKeepWindows;

    /// <summary>Asked for the metrics of people's own; null without one.</summary>
    public Uri? Prometheus { get; init; }

    /// <summary>As of <see cref="Cluster.ControllerOptions.PrometheusTokenFile"/>.</summary>
    public string? PrometheusTokenFile { get; init; }

    /// <summary>As of <see cref="Cluster.ControllerOptions.PrometheusCa"/>.</summary>
    public string? PrometheusCa { get; init; }

    /// <summary>Label matchers that <c>{selector}</c> in a query stands for; empty for none.</summary>
    public string PrometheusSelector { get; init; } = "";

    /// <summary>Asked for alerts where a service needs quiet; null without one.</summary>
    public Uri? Alertmanager { get; init; }

    /// <summary>What files may ask for of a process that is started so.</summary>
    public Abilities Abilities => Abilities.Embedded(Prometheus is not null, Alertmanager is not null);

    internal PrometheusOptions? PrometheusOptions => Prometheus is null ? null : new PrometheusOptions(Prometheus)
    {
        TokenFile = PrometheusTokenFile,
        CaFile = PrometheusCa,
        Selector = PrometheusSelector,
    };

    /// <summary>How often the files are looked at for a change; a change is taken when it is seen twice.</summary>
    public TimeSpan FilePoll { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How log lines and announcements are written, and which.</summary>
    public LogSettings Log { get; init; } = LogSettings.Default;

    /// <summary>Where log lines go; null writes single lines to standard error.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }

    /// <summary>A duration such as <c>30d</c>, or <c>0</c>; at most ten years.</summary>
    public static bool TryParseKeep(string text, out TimeSpan keep) => Durations.TryParse(text, out keep) && keep <= RecordingSettings.LongestKeep;

    /// <summary>What it says of itself on standard output is a JSON object a line, for scripts.</summary>
    public bool IsJson { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

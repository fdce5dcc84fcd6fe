using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Control.Recording;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.Daemon.Logging;
using TrafficCtl.Daemon.WindowJudging;

namespace TrafficCtl.Daemon.Hosting;

/// <summary>How a process is started: the flags of <c>trafficctl run</c> and <c>trafficctl controller</c>.</summary>
public sealed record DaemonOptions
{
    public const string DefaultAdmin = "http://127.0.0.1:9180";
    public const string DefaultDataDirectory = ".trafficctl";

    public static readonly TimeSpan DefaultScrape = TimeSpan.FromSeconds(15);

    public static readonly TimeSpan DefaultKeepWindows = RecordingSettings.DefaultKeep;

    /// <summary><see cref="DefaultKeepWindows"/> as <see cref="TryParseKeep"/> reads it.</summary>
    public static string DefaultKeepText => Durations.Text(DefaultKeepWindows);

    /// <summary>Delivery files, or directories of them, of the services behind the embedded proxy; empty for no proxy.</summary>
    public ImmutableArray<string> Files { get; init; } = [];

    /// <summary>The clusters whose services are driven, each with a name of its own; empty for none. Without files one at most.</summary>
    public ImmutableArray<ClusterModuleOptions> Clusters { get; init; } = [];

    /// <summary>Where the proxy and the store of a process with delivery files keep what they must not lose.</summary>
    public string DataDirectory { get; init; } = DefaultDataDirectory;

    /// <summary>Loopback, or any address of this machine over https; port 0 asks for a free one.</summary>
    public Uri Admin { get; init; } = new(DefaultAdmin);

    /// <summary>The certificate (with its chain) and the key of an <c>https://</c> admin address, in PEM; null in the clear.</summary>
    public TlsFiles? AdminTls { get; init; }

    /// <summary>The authorities of client certificates that say who asks, in PEM; null asks for none.</summary>
    public string? AdminClientCa { get; init; }

    /// <summary>The file of grants; null for none.</summary>
    public string? Grants { get; init; }

    /// <summary>Whose OIDC tokens say who asks; null for nobody's.</summary>
    public OidcOptions? Oidc { get; init; }

    /// <summary>A Unix socket of the admin API beside its address, as a full path; null for none.</summary>
    public string? AdminSocket { get; init; }

    /// <summary>What the admin API takes of everybody and of one caller.</summary>
    public AdminLimits AdminLimits { get; init; } = new();

    /// <summary>
    /// The file of tokens, which must be there; null for the one in the data directory of a process with delivery files, and else for none.
    /// </summary>
    public string? Tokens { get; init; }

    /// <summary>The API servers of the clusters say whose a token is that nobody else knows, and what its user may.</summary>
    public bool ReviewsTokens { get; init; }

    /// <summary>Whom those tokens must be for; null for the API server.</summary>
    public string? TokenAudience { get; init; }

    /// <summary>Judges windows that callers of the API send; null where nobody may.</summary>
    public IWindowJudge? WindowJudge { get; init; }

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

    /// <summary>Asked for the signals of a cluster's services, and for metrics of people's own; null without one.</summary>
    public Uri? Prometheus { get; init; }

    /// <summary>
    /// A file with a bearer token for Prometheus, read for each query; null for none. Sent over https or to this
    /// machine only.
    /// </summary>
    public string? PrometheusTokenFile { get; init; }

    /// <summary>A file with the certificate authorities, in PEM, that alone are trusted for Prometheus; null for the system's.</summary>
    public string? PrometheusCa { get; init; }

    /// <summary>
    /// Label matchers that every built-in query gets and that <c>{selector}</c> in other queries stands for, such as
    /// <c>cluster="eu-1"</c>; empty for none.
    /// </summary>
    public string PrometheusSelector { get; init; } = "";

    /// <summary>How often Prometheus scrapes what is asked of it: windows are made of whole scrapes.</summary>
    public TimeSpan Scrape { get; init; } = DefaultScrape;

    /// <summary>Asked for alerts where a service needs quiet; null without one.</summary>
    public Uri? Alertmanager { get; init; }

    /// <summary>Directories whose delivery files may name programs although others may write them (<c>--allow-exec</c>).</summary>
    public ImmutableArray<string> AllowExec { get; init; } = [];

    /// <summary>Private networks that verifications may ask (<c>--allow-address</c>).</summary>
    public ImmutableArray<System.Net.IPNetwork> AllowAddresses { get; init; } = [];

    /// <summary>
    /// By environment and target: the runtime of a pipeline's target cannot be asked now, as where its machine is away. Null where none is
    /// ever cut off; for demonstrations.
    /// </summary>
    public Func<string, string, bool>? IsCutOff { get; init; }

    /// <summary>What delivery files may ask for of a process that is started so.</summary>
    public Abilities Abilities => Abilities.Embedded(Prometheus is not null, Alertmanager is not null, AllowExec);

    internal PrometheusOptions? PrometheusOptions => Prometheus is null ? null : new PrometheusOptions(Prometheus)
    {
        Scrape = Scrape,
        TokenFile = PrometheusTokenFile,
        CaFile = PrometheusCa,
        Selector = PrometheusSelector,
    };

    /// <summary>What is asked for the signals of a cluster; null without an address.</summary>
    internal PrometheusOptions? PrometheusOf(ClusterModuleOptions cluster) => (this with
    {
        Prometheus = cluster.Prometheus.Address ?? Prometheus,
        PrometheusTokenFile = cluster.Prometheus.TokenFile ?? PrometheusTokenFile,
        PrometheusCa = cluster.Prometheus.Ca ?? PrometheusCa,
        PrometheusSelector = cluster.Prometheus.Selector ?? PrometheusSelector,
    }).PrometheusOptions;

    /// <summary>How often the files are looked at for a change; a change is taken when it is seen twice.</summary>
    public TimeSpan FilePoll { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How log lines and announcements are written, and which.</summary>
    public LogSettings Log { get; init; } = LogSettings.Default;

    /// <summary>Where log lines go; null writes single lines to standard error.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }

    /// <summary>
    /// What cannot be used of the options for Prometheus together, and what to write instead; null when all can.
    /// Files are not looked at.
    /// </summary>
    public static string? PrometheusProblem(Uri address, string? tokenFile, string? caFile, string selector) =>
        new PrometheusOptions(address) { TokenFile = tokenFile, CaFile = caFile, Selector = selector }.Problem();

    /// <summary>
    /// A duration such as <c>15s</c>: whole seconds, 1 s to 60 s, as Prometheus looks back no further than some of them.
    /// </summary>
    public static bool TryParseScrape(string text, out TimeSpan scrape) =>
        Durations.TryParse(text, out scrape) && scrape >= TimeSpan.FromSeconds(1) && scrape <= TimeSpan.FromMinutes(1)
        && scrape.Ticks % TimeSpan.TicksPerSecond == 0;

    /// <summary>A duration such as <c>30d</c>, or <c>0</c>; at most ten years.</summary>
    public static bool TryParseKeep(string text, out TimeSpan keep) =>
        Durations.TryParse(text, out keep) && keep <= RecordingSettings.LongestKeep;

    /// <summary>What it says of itself on standard output is a JSON object a line, for scripts.</summary>
    public bool IsJson { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

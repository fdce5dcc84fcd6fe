using System.Collections.Immutable;
using static TrafficCtl.Daemon.Telemetry.Metric;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>Every metric there is; the page shows them in this order and the dashboards are checked against it.</summary>
/// <remarks>
/// The rollout id is a label of <c>trafficctl_rollout_info</c> alone, so that series live as long as the service.
/// <c>arm</c> is <c>stable</c> or <c>candidate</c>; seconds, bytes and ratios (0..1) are the only units.
/// </remarks>
internal static class Metrics
{
    private const string S = "service", E = "environment", T = "target";

    // Traffic, counted by this process' proxy since it started, over all rollouts.
    public static readonly Metric Requests = Counter(
        "trafficctl_proxy_requests_total", "Requests that ended, by outcome; a spilled one counts on the candidate.", S, E, T, "arm",
        "outcome");
    public static readonly Metric ClientErrors = Counter(
        "trafficctl_proxy_client_errors_total",
        "Requests that were answered 4xx, by status; 4xx where it is none of those that are counted apart.", S, E, T, "arm", "status");
    public static readonly Metric Duration = Histogram(
        "trafficctl_proxy_request_duration_seconds",
        "Dispatch to last byte (to headers for streams and upgrades); a missed deadline is beyond every bound.", S, E, T, "arm");
    public static readonly Metric InFlight = Gauge("trafficctl_in_flight", "Requests dispatched and not ended.", S, E, T, "arm");
    public static readonly Metric Bytes = Counter(
        "trafficctl_bytes_total", "Body bytes from (in) and to (out) clients.", S, E, T, "arm", "direction");
    public static readonly Metric Spilled = Counter(
        "trafficctl_spilled_total", "Requests assigned to the candidate that stable served, for want of a live candidate "
            + "endpoint.", S, E, T);
    public static readonly Metric ConnectRetries = Counter(
        "trafficctl_connect_retries_total",
        "Requests that were sent to another endpoint of their version, because no connection could be opened to the first.", S, E, T,
        "arm");

    // What is served.
    public static readonly Metric WeightDesired = Gauge(
        "trafficctl_weight_desired_ratio", "The general share that the state of record asks for.", S, E, T, "arm");
    public static readonly Metric WeightApplied = Gauge(
        "trafficctl_weight_applied_ratio", "The general share in force in the proxy, after the breaker.", S, E, T, "arm");
    public static readonly Metric WeightObserved = Gauge(
        "trafficctl_weight_observed_ratio",
        "The share of counted requests over the last 10 s, members of cohorts included; absent without traffic, and while copies are sent.",
        S, E, T, "arm");
    public static readonly Metric Endpoints = Gauge("trafficctl_endpoints", "Endpoints of the arm's version.", S, E, T, "arm");
    public static readonly Metric EndpointsLive = Gauge(
        "trafficctl_endpoints_live", "Endpoints that may take traffic now.", S, E, T, "arm");
    public static readonly Metric BreakerLatched = Gauge(
        "trafficctl_breaker_latched", "1 while the safety breaker holds the candidate at 0.", S, E, T);
    public static readonly Metric BreakerTrips = Counter(
        "trafficctl_breaker_trips_total", "Times the safety breaker took the candidate to 0.", S, E, T);
    public static readonly Metric BreakerAlarms = Counter(
        "trafficctl_breaker_alarms_total", "Times it would have, with no live stable endpoint to go back to.", S, E, T);

    // The rollout.
    public static readonly Metric RolloutInfo = Gauge(
        "trafficctl_rollout_info", "1 for the active rollout, else for the newest that ended.", S, E, T, "rollout", "stable", "candidate",
        "strategy", "backend");
    public static readonly Metric RolloutPhase = Gauge(
        "trafficctl_rollout_phase", "1 for the phase it is in, 0 for the others.", S, E, T, "phase");
    public static readonly Metric RolloutStep = Gauge(
        "trafficctl_rollout_step", "The present step from 1; 0 before the first; steps + 1 at 100 %.", S, E, T);
    public static readonly Metric RolloutSteps = Gauge("trafficctl_rollout_steps", "Steps below 100 % that the plan has.", S, E, T);
    public static readonly Metric RolloutStarted = Gauge("trafficctl_rollout_start_timestamp_seconds", "When it began.", S, E, T);
    public static readonly Metric RolloutChanged = Gauge(
        "trafficctl_rollout_phase_change_timestamp_seconds", "When its phase last changed.", S, E, T);
    public static readonly Metric StepEnds = Gauge(
        "trafficctl_step_earliest_end_timestamp_seconds", "When the present dwell or watch ends, evidence permitting; absent otherwise.", S,
        E, T);

    // Evidence.
    public static readonly Metric EvidenceValue = Gauge(
        "trafficctl_evidence_value",
        "ln of the e-value that decides (combined: of harm; a signal: of harm when it fails, else of non-inferiority).", S, E, T, "signal");
    public static readonly Metric EvidenceBound = Gauge(
        "trafficctl_evidence_bound", "ln of what the evidence value must reach.", S, E, T, "signal");
    public static readonly Metric Verdict = Gauge(
        "trafficctl_verdict", "0 unsure, 1 pass, 2 fail; combined is the whole judgement.", S, E, T, "signal");
    public static readonly Metric Comparison = Gauge(
        "trafficctl_comparison_ratio", "Candidate over stable: the estimate and the ends of its interval; 1 is equal.", S, E, T, "signal",
        "edge");
    public static readonly Metric Samples = Counter(
        "trafficctl_samples_total", "Counted requests since the rollout's counters began; anew with each rollout.", S, E, T, "arm");

    // Decisions.
    public static readonly Metric Decisions = Counter("trafficctl_decision_total", "Saved decisions by kind.", S, E, T, "decision");
    public static readonly Metric LastDecision = Gauge(
        "trafficctl_last_decision_timestamp_seconds", "When the last one of the kind was saved.", S, E, T, "decision");

    // Trust.
    public static readonly Metric SampleAge = Gauge(
        "trafficctl_metric_sample_age_seconds", "Age of the service's newest round of measurement.", S, E, T);
    public static readonly Metric Warnings = Gauge("trafficctl_warnings", "Troubles that status shows with the service now.", S, E, T);
    public static readonly Metric StateLost = Gauge(
        "trafficctl_state_lost", "1 while the service's state is lost and nobody has decided what is to come next, 0 otherwise.", S, E, T);
    public static readonly Metric StoreIntact = Gauge(
        "trafficctl_store_intact", "1 while the data directory and the store are those that this process opened, 0 once they were "
            + "deleted, replaced or hang; absent without a data directory.");
    public static readonly Metric Rounds = Counter("trafficctl_rounds_total", "Rounds of the control loop.");
    public static readonly Metric RoundDuration = Gauge("trafficctl_round_duration_seconds", "What the last round took.");
    public static readonly Metric Faults = Counter("trafficctl_round_faults_total", "Rounds of one service that ended in a fault inside.");
    public static readonly Metric StoreErrors = Counter("trafficctl_store_errors_total", "Store calls that failed.");
    public static readonly Metric RouterErrors = Counter("trafficctl_router_errors_total", "Router calls that failed.");
    public static readonly Metric MetricErrors = Counter("trafficctl_metric_errors_total", "Metric reads that failed.");
    public static readonly Metric StaleWrites = Counter(
        "trafficctl_stale_writes_total", "Writes refused because another writer was there first.");
    public static readonly Metric Drifts = Counter(
        "trafficctl_drift_total", "Times that a router did something else than what it was last told.");
    public static readonly Metric LostWindows = Counter(
        "trafficctl_lost_windows_total", "One-second windows that a restart may have lost, at most.");
    public static readonly Metric ClockJumps = Counter(
        "trafficctl_clock_jumps_total",
        "Times that the time of day went another way than the monotonic clock between two rounds, by more than 5 s.");
    public static readonly Metric WatchesDropped = Counter(
        "trafficctl_watches_dropped_total", "Watches that were cut because their clients did not read for 30 s.");
    public static readonly Metric ApiLimited = Counter(
        "trafficctl_api_limited_total", "Calls and connections of the admin address that a limit refused or cut.", "limit");
    public static readonly Metric ReloadSuccess = Gauge(
        "trafficctl_config_reload_success_timestamp_seconds", "When delivery files last took effect.");
    public static readonly Metric ReloadFailures = Counter(
        "trafficctl_config_reload_failures_total", "Reloads refused; the last good files stay in force.");
    public static readonly Metric Leader = Gauge(
        "trafficctl_leader",
        "1 while this process is the leader of the controllers of its cluster (of several: of each), 0 while it stands by; "
        + "absent where nobody is elected.");
    public static readonly Metric ClusterLeader = Gauge(
        "trafficctl_cluster_leader",
        "1 while this process is the leader of the controllers of the cluster, 0 while it is not; absent with one cluster.", "cluster");
    public static readonly Metric DiscoveryInvalid = Gauge(
        "trafficctl_discovery_invalid", "Declarations on the cluster with problems; the last valid ones are in force.");
    public static readonly Metric PrometheusQueries = Counter("trafficctl_prometheus_queries_total", "Queries sent to Prometheus.");
    public static readonly Metric BuildInfo = Gauge("trafficctl_build_info", "1, with this build's version.", "version", "runtime");

    public static readonly ImmutableArray<Metric> All =
    [
        Requests, ClientErrors, Duration, InFlight, Bytes, Spilled, ConnectRetries,
        WeightDesired, WeightApplied, WeightObserved, Endpoints, EndpointsLive, BreakerLatched, BreakerTrips, BreakerAlarms,
        RolloutInfo, RolloutPhase, RolloutStep, RolloutSteps, RolloutStarted, RolloutChanged, StepEnds,
        EvidenceValue, EvidenceBound, Verdict, Comparison, Samples,
        Decisions, LastDecision,
        SampleAge, Warnings, StateLost, StoreIntact, Rounds, RoundDuration, Faults, StoreErrors, RouterErrors, MetricErrors, StaleWrites,
        Drifts, LostWindows, ClockJumps, WatchesDropped, ApiLimited,
        ReloadSuccess, ReloadFailures, Leader, ClusterLeader, DiscoveryInvalid, PrometheusQueries, BuildInfo,
    ];
}

using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>What is known of one service. Owned by the refresh.</summary>
internal sealed class ServiceState(string name, Func<string> newSource, PrometheusOptions options, Layouts layouts)
{
    /// <summary>
    /// So many requests are due before their absence means something: chance alone leaves none of 20 in 1 of 500 million cases.
    /// </summary>
    private const double MeaningfulDue = 20;

    private readonly DateTimeOffset?[] newest = new DateTimeOffset?[2];
    private readonly string?[] slots = new string?[2];

    // The shares of all requests, and of those that the managed rule sent, as far as the metrics tell.
    private ShareWindow share = new(), ofRoute = new();

    // Stable is the sum of its own counters and its parts.
    private ArmCounters[] arms = [new(), new()];
    private InstanceParts? parts;
    private int grouping;
    private DateTimeOffset? answeredAt;
    private string source = "";

    public string Name => name;

    public ClusterTarget? Target { get; private set; }

    public MetricPreset? Preset { get; private set; }

    public ServiceRoute? Route { get; private set; }

    public ManagedRule? Rule { get; private set; }

    public ImmutableArray<MetricTolerance> Metrics { get; private set; } = [];

    public CounterSet Requests { get; private set; } = new();

    public CounterSet Latency { get; private set; } = new();

    public SaturationMeter Saturation { get; private set; } = new();

    /// <summary>The slot of an arm; null when none is known to run it.</summary>
    public Slot? SlotOf(Arm arm) => Target?.Slots.FirstOrDefault(s => s.Service == slots[(int)arm]);

    /// <summary>Null for a slot that is no arm now.</summary>
    private Arm? ArmOf(int part)
    {
        if (Preset!.KeyOf(name, (Arm)part) is not null) return (Arm)part;
        var service = part < Target!.Slots.Length ? Target.Slots[part].Service : null;
        return service is null ? null : service == slots[0] ? Arm.Stable : service == slots[1] ? Arm.Candidate : null;
    }

    /// <summary>Why nothing is known of the pods; null when something is.</summary>
    public string? SaturationTrouble { get; set; }

    public bool WantsSaturation => Metrics.Any(m => m.Query?.StartsWith(Prometheus.Saturation.Prefix, StringComparison.Ordinal) == true);

    public (long Stable, long Candidate) Counted => (arms[0].Requests + (parts?.All.Sum(p => p.Requests) ?? 0), arms[1].Requests);

    /// <summary>Takes in what discovery and the router say now.</summary>
    /// <returns>Why nothing can be asked; null when something can.</returns>
    public string? Follow(
        ClusterTarget? target, ServiceRoute? route, ManagedRule? rule, ImmutableArray<MetricTolerance> metrics, DateTimeOffset now)
    {
        Metrics = metrics.IsDefault ? [] : metrics;
        if (target is null) return $"{name} is not known on this cluster";
        if (route is null) return $"no route of {name} is in force yet, so it is unknown which slot is which arm";
        var preset = PresetList.Find(options.Presets, target.Metrics);
        if (preset is null)
            return $"{name} asks for the metrics of \"{target.Metrics}\"; known are "
                + $"{string.Join(", ", options.Presets.Select(p => p.Name))}";
        if (preset != Preset || (target.Namespace, target.Service) != (Target?.Namespace, Target?.Service)) Begin(preset);
        // Another slot was never followed: what it counted before is not of now.
        else if (!Target!.Slots.Select(Followed).SequenceEqual(target.Slots.Select(Followed))
            || !Target.Routes.SequenceEqual(target.Routes))
            (Requests, Latency) = (new(), new());
        if (Route?.RolloutId != route.RolloutId || Route is null) BeginRollout();
        (Target, Route, Rule) = (target, route, rule);
        slots[0] = target.SlotOf(route.Stable)?.Service ?? slots[0];
        slots[1] = route.Candidate is { } candidate ? target.SlotOf(candidate)?.Service ?? slots[1] : null;
        foreach (var window in new[] { share, ofRoute }) window.Follow(route, slots[0], now, now + options.Scrape);
        if (route.Exposure.ReachesCandidate && SlotOf(Arm.Candidate) is { Version: { } other } changed && other != route.Candidate)
        {
            // What it counts from here on is nobody's evidence, also when the candidate comes back.
            (Requests, Latency, answeredAt) = (new(), new(), null);
            return $"Service {target.Namespace}/{changed.Service} takes the traffic of the candidate {route.Candidate} and runs {other} "
                + $"now: put {route.Candidate} back, or abort";
        }

        if (SlotOf(Arm.Stable) is null) return $"no Service of {name} runs the stable version {route.Stable}";
        if (route.Candidate is { } missing && SlotOf(Arm.Candidate) is null) return $"no Service of {name} runs the candidate {missing}";
        return null;
    }

    /// <summary>One answer to both queries, of this service's arms.</summary>
    public void Absorb(List<Unit> requests, List<Unit> latency, Processes ofRequests, Processes ofLatency, DateTimeOffset at)
    {
        Array.Clear(newest);
        if (Preset!.IsToldByRule) (requests, latency) = ([.. requests.Where(IsOfRule)], [.. latency.Where(IsOfRule)]);
        var (all, route) = (new double[2], new double[2]);
        foreach (var unit in requests)
            if (ArmOf(unit.Part) is { } arm && (newest[(int)arm] is not { } held || unit.At > held)) newest[(int)arm] = unit.At;
        Requests.Absorb(requests, ofRequests, at, (unit, growth) =>
        {
            if (Preset.OutcomeOf(unit.Labels) is not { } outcome) return;
            var arm = ArmOf(unit.Part);
            if (arm is { } known)
                CountersOf(known, unit).Add(outcome, growth[0], outcome == Outcome.ClientError ? Preset.StatusOf(unit.Labels) : 0);
            // Without a candidate every other slot is one that is to get nothing.
            if (!outcome.IsCounted() || (arm is null && Route!.Candidate is not null)) return;
            var side = arm == Arm.Stable ? 0 : 1;
            all[side] += growth[0];
            if (IsOfRule(unit)) route[side] += growth[0];
        });
        Latency.Absorb(latency, ofLatency, at, (unit, growth) =>
        {
            if (ArmOf(unit.Part) is { } arm) CountersOf(arm, unit).AddLatency(unit.Bounds, growth);
        });
        if (answeredAt is { } from)
        {
            share.Add(from, at, (long)Math.Round(all[0]), (long)Math.Round(all[1]));
            ofRoute.Add(from, at, (long)Math.Round(route[0]), (long)Math.Round(route[1]));
        }

        answeredAt = at;
        if (Preset!.CountsAtServer && Route is { RolloutId: not null, Exposure.ReachesCandidate: true })
            Group(requests);
    }

    /// <summary>Makes the parts once it is known how many instances the candidate has, and anew when those outgrow them.</summary>
    private void Group(List<Unit> requests)
    {
        var candidate = InstancesOf(requests, Arm.Candidate);
        if (parts?.IsOutgrownBy(candidate) == false) return;
        if (parts is not null)
            foreach (var part in parts.All) arms[0].Add(part);
        parts = InstanceParts.Of(InstancesOf(requests, Arm.Stable), candidate, arms[1].Requests);
        if (parts is not null) grouping++;
    }

    private ArmCounters CountersOf(Arm arm, Unit unit) => (arm == Arm.Stable ? parts?.Find(unit.Instance) : null) ?? arms[(int)arm];

    private IEnumerable<string> InstancesOf(List<Unit> units, Arm arm) => units.Where(u => ArmOf(u.Part) == arm).Select(u => u.Instance);

    /// <summary>Why the newest answer cannot be a reading: then the one before stands. Null when it can.</summary>
    public string? Doubt(DateTimeOffset at)
    {
        if (newest[0] is null && newest[1] is null)
            return $"Prometheus has no series of {name} ({Preset!.Name}: "
                + $"{Preset.Requests.Metric}{(Preset.Requests.Fixed is { Length: > 0 } only ? $"{{{only}}}" : "")}); is the mesh scraped, "
                + "and has the service had a request?";
        var general = Route!.Exposure.General;
        foreach (var (arm, weight) in new[] { (Arm.Stable, general.Stable), (Arm.Candidate, general.Candidate) })
        {
            if (weight == 0) continue;
            var word = arm == Arm.Stable ? "stable" : "candidate";
            if (newest[(int)arm] is { } sample)
            {
                if (at - sample > options.StaleAfter)
                    return $"the newest sample of {name}'s {word} is {DurationText.Elapsed(at - sample)} older than the instant asked "
                        + $"for, more than 3 scrapes of {DurationText.Of(options.Scrape)}";
                continue;
            }

            var others = arm == Arm.Stable ? share.Candidate : share.Stable;
            var due = others * weight / (double)Math.Max(1, Weights.Total - weight);
            if (due >= MeaningfulDue)
                return $"Prometheus has no series of {name}'s {word} at {NumberText.Share(weight)} of the traffic, where "
                    + $"{NumberText.Count(due)} requests were due: its metrics are missing";
        }

        return Layout() is null ? $"the latency histograms of {name}'s arms have no bucket bound in common" : null;
    }

    public Reading Read(DateTimeOffset at, Func<MetricTolerance, MetricPair> metric)
    {
        var layout = Layout() ?? LatencyLayout.None;
        var tells = Preset!.TellsClientErrors;
        return new Reading(
            Route!.Key, Route.RolloutId, source, at,
            [
                new ArmReading(Arm.Stable, null, arms[0].ToCounts(layout, tells)),
                new ArmReading(Arm.Candidate, null, arms[1].ToCounts(layout, tells)),
                .. (parts?.All ?? [])
                    .Index()
                    .Select(p => new ArmReading(Arm.Stable, null, p.Item.ToCounts(layout, tells)) { Group = p.Index }),
            ],
            default, default)
        {
            Grouping = grouping,
            Metrics = [.. Metrics.Select(metric)],
            ValidFor = options.ValidFor,
            Settle = options.Settle,
        };
    }

    /// <summary>The measured share of the managed rule where the metrics tell its requests from others, else of all requests.</summary>
    public ShareSample? Share => answeredAt is not { } at ? null
        : ofRoute.HasCounted ? ofRoute.Sample(at, Preset!.Scope)
        : share.Sample(at, ShareScope.Workload);

    private bool IsOfRule(Unit unit) => Preset!.IsOfRule(Target!, Rule, unit.Labels);

    private static (string, string?) Followed(Slot slot) => (slot.Service, slot.Workload);

    private LatencyLayout? Layout() => layouts.Common(arms.Concat(parts?.All ?? []).SelectMany(a => a.Bounds));

    private void Begin(MetricPreset preset)
    {
        (Preset, Requests, Latency, answeredAt) = (preset, new CounterSet(), new CounterSet(), null);
        (share, ofRoute) = (new(), new());
        Route = null;
        source = newSource();
    }

    private void BeginRollout()
    {
        (arms, parts) = ([new(), new()], null);
        Saturation = new SaturationMeter();
        Array.Clear(slots);
    }
}

using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Proxy.Routing;

/// <summary>All that a request needs to know of its service: immutable, replaced whole, read once per request.</summary>
internal sealed class Serving
{
    private readonly Weights[] weights;
    private readonly ArmCell[] cells;

    public Serving(ServiceSpec spec, ServiceRoute route, bool isLatched, Weights limit, CellSet measured)
    {
        Spec = spec;
        Settings = spec.Embedded.Proxy;
        Route = route;
        Measured = measured;
        IsLatched = isLatched;
        Limit = limit;
        StableVersion = spec.FindVersion(route.Stable) is null ? spec.Stable : route.Stable;
        CandidateVersion = route.Candidate is { } candidate && spec.FindVersion(candidate) is not null ? candidate : null;
        Effective = isLatched || CandidateVersion is null || route.RolloutId is null ? Exposure.None : route.Exposure.AtMost(limit);
        Assignment = new Assignment(route.RolloutId ?? spec.Service);
        weights = new Weights[spec.Cohorts.Length + 1];
        cells = new ArmCell[2 * weights.Length];
        weights[0] = Effective.General;
        (cells[0], cells[1]) = (measured.Of(Arm.Stable, null), measured.Of(Arm.Candidate, null));
        for (var k = 1; k < weights.Length; k++)
        {
            var name = spec.Cohorts[k - 1].Name;
            weights[k] = Find(Effective, name) ?? weights[0];
            // A cohort with weights of its own is a population of its own; until then its members are part of the general one.
            var population = Find(route.Exposure, name) is null ? null : name;
            (cells[2 * k], cells[(2 * k) + 1]) = (measured.Of(Arm.Stable, population), measured.Of(Arm.Candidate, population));
        }
    }

    /// <summary>The configuration whose cohorts number <see cref="Cell"/> and <see cref="WeightsOf"/>: match them by this one.</summary>
    public ServiceSpec Spec { get; }

    /// <summary>The settings of <see cref="Spec"/>.</summary>
    public ProxySettings Settings { get; }

    /// <summary>The asked route.</summary>
    public ServiceRoute Route { get; }

    /// <summary>
    /// The asked exposure, lowered while the breaker asks stable; none while a latch holds or the configuration does not name the
    /// candidate.
    /// </summary>
    public Exposure Effective { get; }

    public bool IsLatched { get; }

    /// <summary>The highest share that the breaker lets any part of the users have.</summary>
    public Weights Limit { get; }

    /// <summary>Salted by the rollout id.</summary>
    public Assignment Assignment { get; }

    /// <summary>The asked stable version; the configured one when the asked one is no longer configured.</summary>
    public string StableVersion { get; }

    /// <summary>Null without a rollout, or when the configuration does not name it.</summary>
    public string? CandidateVersion { get; }

    internal CellSet Measured { get; }

    /// <param name="cohort">0 for everybody; k for <c>Spec.Cohorts[k-1]</c>.</param>
    public Weights WeightsOf(int cohort) => weights[cohort];

    /// <summary>Where a request of this arm and cohort is counted, from its dispatch to its end.</summary>
    /// <param name="arm">The arm that it is dispatched to.</param>
    /// <param name="cohort">0 for everybody; k for <c>Spec.Cohorts[k-1]</c>.</param>
    public ArmCell Cell(Arm arm, int cohort) => cells[(2 * cohort) + (int)arm];

    /// <summary>The configured version behind an arm.</summary>
    public string VersionOf(Arm arm) => arm == Arm.Candidate && CandidateVersion is { } candidate ? candidate : StableVersion;

    private static Weights? Find(Exposure exposure, string cohort)
    {
        foreach (var own in exposure.Cohorts)
            if (own.Cohort == cohort) return own.Weights;
        return null;
    }
}

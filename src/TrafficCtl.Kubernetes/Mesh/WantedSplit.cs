using System.Collections.Immutable;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>What the routing object is to say, in slots.</summary>
internal sealed record WantedSplit
{
    /// <summary>The slot of the stable version.</summary>
    public required Slot Stable { get; init; }

    /// <summary>
    /// The slot of the candidate, else any other slot: it is written too, with what it takes. Null when there is one slot only.
    /// </summary>
    public Slot? Candidate { get; init; }

    /// <summary>Everybody who is in none of <see cref="Cohorts"/>.</summary>
    public Weights General { get; init; }

    /// <summary>The cohorts whose weights are not the general ones.</summary>
    public ImmutableArray<CohortSplit> Cohorts { get; init; } = [];

    /// <summary>
    /// The share of requests that the candidate gets a copy of, 0 for none; null where no mirror is the controller's, so that none is
    /// touched.
    /// </summary>
    public Weights? Shadow { get; init; }

    /// <summary>The mesh splits by the header <c>x-tc-bucket</c>, not by chance.</summary>
    public bool IsByBucket { get; init; }

    public SlotShares Shares => SlotShares.Make(
        [new SlotShare(Stable.Service, General.Stable), .. Candidate is null
            ? []
            : new[] { new SlotShare(Candidate.Service, General.Candidate) }])
        with
    { Shadow = Shadow.GetValueOrDefault().Candidate };

    /// <summary>Copies of requests are asked for.</summary>
    public bool IsShadow => Shadow > Weights.AllStable;

    /// <summary>The highest share of the candidate that anybody is exposed to.</summary>
    public Weights Highest => Cohorts.Aggregate(General, (highest, cohort) => cohort.Weights > highest ? cohort.Weights : highest);

    public Weights Lowest => Cohorts.Aggregate(General, (lowest, cohort) => cohort.Weights < lowest ? cohort.Weights : lowest);

    /// <summary>Basis points of a slot, of everybody outside the cohorts.</summary>
    public int ShareOf(string service) =>
        service == Stable.Service ? General.Stable : service == Candidate?.Service ? General.Candidate : 0;

    /// <summary>The same instruction to the mesh, whatever rollout or generation it is of.</summary>
    public bool IsSame(WantedSplit? other) =>
        other is not null && Stable.Service == other.Stable.Service && Candidate?.Service == other.Candidate?.Service
        && General == other.General && Shadow.GetValueOrDefault() == other.Shadow.GetValueOrDefault() && IsByBucket == other.IsByBucket
        && Cohorts.AsSpan().SequenceEqual(other.Cohorts.AsSpan());

    /// <summary>The split with the candidate nowhere above what it has: make before break. Lowering is always allowed.</summary>
    /// <param name="last">What was last written; null when nothing was.</param>
    /// <param name="live">The candidate's share that stands in the object.</param>
    /// <param name="shadow">The shadow that stands there.</param>
    public WantedSplit NotAbove(WantedSplit? last, Weights live, Weights shadow)
    {
        var isSame = last is not null && last.Stable.Service == Stable.Service && last.Candidate?.Service == Candidate?.Service;
        return this with
        {
            General = Least(General, live),
            Shadow = Shadow is { } asked ? Least(asked, shadow) : null,
            Cohorts = [.. Cohorts.Select(c => c with { Weights = Least(c.Weights, isSame ? last!.Of(c.Cohort) : live) })],
        };
    }

    /// <summary>The split with the candidate nowhere below what it has: stable cannot take more than it has.</summary>
    /// <param name="last">What was last written; null when nothing was.</param>
    /// <param name="live">The candidate's share that stands in the object.</param>
    public WantedSplit NotBelow(WantedSplit? last, Weights live)
    {
        var isSame = last is not null && last.Stable.Service == Stable.Service && last.Candidate?.Service == Candidate?.Service;
        var cohorts = Cohorts;
        if (isSame)
        {
            var gone = last!.Cohorts.Where(l => !Cohorts.Any(c => c.Cohort == l.Cohort));
            cohorts = cohorts.AddRange(gone.Select(l => l with { Weights = General }));
        }

        return this with
        {
            General = Most(General, live),
            Cohorts = [.. cohorts.Select(c => c with { Weights = Most(c.Weights, isSame ? last!.Of(c.Cohort) : live) })],
        };
    }

    private Weights Of(Cohort cohort)
    {
        foreach (var split in Cohorts)
            if (split.Cohort == cohort) return split.Weights;
        return General;
    }

    private static Weights Least(Weights a, Weights b) => a < b ? a : b;

    private static Weights Most(Weights a, Weights b) => a > b ? a : b;

    /// <summary>Finds the slots of a route's versions.</summary>
    /// <exception cref="MeshException">No slot runs a version that is to take traffic, or a cohort is not known.</exception>
    public static WantedSplit Of(ClusterTarget target, ImmutableArray<Cohort> cohorts, ServiceRoute route)
    {
        var stable = target.SlotOf(route.Stable) ?? throw NoSlot(target, route.Stable, "stable");
        Slot? candidate = null;
        if (route.Candidate is { } version)
        {
            candidate = target.SlotOf(version);
            if (candidate is null && route.Exposure.ReachesCandidate) throw NoSlot(target, version, "candidate");
        }

        if (candidate == stable) candidate = null;
        return new WantedSplit
        {
            Stable = stable,
            Candidate = candidate ?? target.Slots.FirstOrDefault(s => s.Service != stable.Service),
            General = route.Exposure.General,
            Shadow = route.Exposure.Shadow,
            Cohorts = [.. route.Exposure.Cohorts.Where(c => c.Weights != route.Exposure.General).Select(c => Split(c, cohorts))],
            IsByBucket = target.IsSplitByBucket,
        };
    }

    private static CohortSplit Split(CohortWeights of, ImmutableArray<Cohort> known) =>
        new(known.FirstOrDefault(c => c.Name == of.Cohort) ?? throw new MeshException(
            MeshFault.Unsupported, $"the cohort {of.Cohort} is not among the cohorts of the service, so no match can be made of it; name "
                + "it under cohorts"), of.Weights);

    private static MeshException NoSlot(ClusterTarget target, string version, string arm) => new(
        MeshFault.NoSlot,
        $"none of the Services "
            + $"{string.Join(", ", target.Slots.Select(s => $"{target.Namespace}/{s.Service} ({s.Version ?? "no single version"})"))} "
        + $"runs {version}, which is to be {arm}; the split stays as it is until one does");
}

/// <summary>A cohort and its own weights.</summary>
internal sealed record CohortSplit(Cohort Cohort, Weights Weights);

using System.Collections.Immutable;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Proxy.Signals;

/// <summary>The cells of a service under one rollout id, and its tables of users.</summary>
internal sealed class CellSet
{
    private const int LearnSeconds = 5;

    private readonly double secondsPerTick;
    private readonly UserTable[] users;
    private readonly UserShares[] shares;
    private readonly AnonymousWindow[] anonymous;
    private readonly InstanceGroups? groups;
    private readonly UsualTime usual;
    private readonly ImmutableSortedDictionary<string, ArmPair> cohorts;
    private readonly ArmPair general;
    private PathGroups? paths;

    private readonly string stableVersion;
    private int learntAt, concentratedAt = -1;
    private Concentration concentration = Concentration.None;

    private CellSet(
        string? rolloutId, string stableVersion, double secondsPerTick, UserTable[] users, UserShares[] shares, AnonymousWindow[] anonymous,
        InstanceGroups? groups, UsualTime usual, ArmPair general, ImmutableSortedDictionary<string, ArmPair> cohorts, PathGroups? paths)
    {
        RolloutId = rolloutId;
        this.stableVersion = stableVersion;
        this.shares = shares;
        this.secondsPerTick = secondsPerTick;
        this.users = users;
        this.anonymous = anonymous;
        this.groups = groups;
        this.usual = usual;
        this.general = general;
        this.cohorts = cohorts;
        CountBy(paths);
    }

    public string? RolloutId { get; }

    /// <summary>As of the last second.</summary>
    public Concentration Concentration => Volatile.Read(ref concentration);

    /// <param name="route">The route of the rollout, or of no rollout.</param>
    /// <param name="spec">Whose cohorts and endpoints they are.</param>
    /// <param name="secondsPerTick">The seconds per tick of the clock that elapsed times are in.</param>
    /// <param name="before">The service's cells until now: how quick stable was is known from them.</param>
    public static CellSet Begin(ServiceRoute route, ServiceSpec spec, double secondsPerTick, CellSet? before = null)
    {
        // What users met on stable before they were moved is known as long as stable is the same.
        UserShares[] parts = [before is not null && before.stableVersion == route.Stable ? before.shares[0] : new(), new()];
        UserTable[] tables = [new(parts[0]), new(parts[1])];
        var apart = route is { RolloutId: not null, Candidate: { } candidate }
            ? InstanceGroups.Of(spec.FindVersion(route.Stable), spec.FindVersion(candidate))
            : null;
        before?.LearnUsual();
        var answers = new UsualTime(before?.usual.Ticks ?? UsualTime.Unknown);
        return new CellSet(
            route.RolloutId, route.Stable, secondsPerTick, tables, parts, [new(), new()], apart, answers,
            ArmPair.Over(tables, secondsPerTick, answers, apart),
            spec.Cohorts.ToImmutableSortedDictionary(
                c => c.Name, _ => ArmPair.Over(tables, secondsPerTick, answers, apart), StringComparer.Ordinal),
            route.RolloutId is null ? null : route.Paths);
    }

    /// <summary>Counts by these route groups too, in every cell: they come with the route that begins step 1, and stay.</summary>
    public void CountBy(PathGroups? byPath)
    {
        if (byPath is null) return;
        paths = byPath;
        foreach (var (stable, candidate) in Pairs)
        {
            stable.CountBy(byPath);
            candidate.CountBy(byPath);
        }
    }

    /// <summary>
    /// The same counters for other cohorts of the configuration; cells of cohorts that are gone are given back to be retired.
    /// </summary>
    public CellSet With(ServiceSpec spec, out ImmutableArray<ArmPair> gone)
    {
        var kept = spec.Cohorts.ToImmutableSortedDictionary(
            c => c.Name, c => cohorts.GetValueOrDefault(c.Name) ?? ArmPair.Over(users, secondsPerTick, usual, groups),
            StringComparer.Ordinal);
        gone = [.. cohorts.Where(c => !kept.ContainsKey(c.Key)).Select(c => c.Value)];
        // The same set as long as it holds the same cells: the breaker loses a tick over another one.
        if (gone.IsEmpty && kept.Count == cohorts.Count) return this;
        return new CellSet(RolloutId, stableVersion, secondsPerTick, users, shares, anonymous, groups, usual, general, kept, paths);
    }

    public ArmCell Of(Arm arm, string? cohort) => (cohort is null ? general : cohorts[cohort])[arm];

    public IEnumerable<ArmPair> Pairs => cohorts.Values.Prepend(general);

    public Pulse ReadPulse(Arm arm)
    {
        var sum = general[arm].ReadPulse();
        foreach (var (_, pair) in cohorts) sum += pair[arm].ReadPulse();
        return sum;
    }

    /// <summary>Cumulative readings per population; the candidate's only under a rollout.</summary>
    public ImmutableArray<ArmReading> ReadArms()
    {
        var readings = ImmutableArray.CreateBuilder<ArmReading>();
        Read(null, general);
        foreach (var (name, pair) in cohorts) Read(name, pair);
        return readings.ToImmutable();

        void Read(string? cohort, ArmPair pair)
        {
            for (var i = 0; i < pair.Stable.Parts.Length; i++)
                readings.Add(new ArmReading(Arm.Stable, cohort, Fold(pair.Stable.Parts[i])) { Group = i });
            readings.Add(new ArmReading(Arm.Stable, cohort, Fold(pair.Stable)));
            if (RolloutId is not null) readings.Add(new ArmReading(Arm.Candidate, cohort, Fold(pair.Candidate)));
        }

        static Counts Fold(ArmCell cell)
        {
            var counts = new Counts();
            cell.AddRestTo(counts);
            cell.Paths?.AddTo(counts);
            return counts;
        }
    }

    public UserCounts ReadUsers(Arm arm)
    {
        var pulse = ReadPulse(arm);
        var (requests, failures) = anonymous[(int)arm].Within(pulse);
        return users[(int)arm].Fold(requests, failures);
    }

    public UserFlow ReadFlow(Arm arm) => users[(int)arm].ReadFlow();

    /// <summary>Moves the coarse time of the tables on, and learns how quick stable is while it is compared with.</summary>
    public void Advance(int second)
    {
        if (RolloutId is not null && second / LearnSeconds != learntAt)
        {
            learntAt = second / LearnSeconds;
            LearnUsual();
        }

        for (var arm = 0; arm < users.Length; arm++)
        {
            users[arm].Advance(second);
            if (anonymous[arm].IsDue(second)) anonymous[arm].Mark(second, ReadPulse((Arm)arm));
            shares[arm].Advance(second);
        }

        if (RolloutId is null || concentratedAt == second) return;
        concentratedAt = second;
        Volatile.Write(ref concentration, Concentration.Of(shares[0], shares[1], AnonymousOf(Arm.Stable), AnonymousOf(Arm.Candidate)));
    }

    private long AnonymousOf(Arm arm) => anonymous[(int)arm].Within(ReadPulse(arm)).Requests;

    private void LearnUsual()
    {
        var stable = new Counts();
        general.Stable.AddTo(stable);
        foreach (var (_, pair) in cohorts) pair.Stable.AddTo(stable);
        usual.Learn(stable, secondsPerTick);
    }
}

/// <summary>Both arms of one population.</summary>
internal sealed record ArmPair(ArmCell Stable, ArmCell Candidate)
{
    public ArmCell this[Arm arm] => arm == Arm.Stable ? Stable : Candidate;

    public static ArmPair Over(UserTable[] users, double secondsPerTick, UsualTime? usual = null, InstanceGroups? groups = null) =>
        new(new ArmCell(users[0], secondsPerTick, usual, groups), new ArmCell(users[1], secondsPerTick, usual));
}

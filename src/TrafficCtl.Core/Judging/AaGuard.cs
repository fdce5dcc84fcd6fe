using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>The candidate's own test, run on groups of stable instances against the rest of stable: what it says there is noise.</summary>
/// <remarks>
/// Statistics 3.3. In the null the candidate is one more such group, so its evidence counts only as far as it exceeds
/// the most that a placebo ever earned: E / max(1, sup E_placebo), which only lowers E. Beside it
/// <see cref="Explains"/> asks whether the groups differ so persistently that the candidate may be one more of them.
/// The groups are tempered as the candidate is: they differ in size from it, not in kind.
/// </remarks>
/// <param name="tests">The signal's own processes, without evidence.</param>
internal sealed class AaGuard(params Func<PairE>[] tests)
{
    private readonly double[] most = new double[tests.Length];
    private Group[] groups = [];
    private double? tilt;

    /// <summary>ln of the most that a placebo ever earned in a test; at least 0.</summary>
    public double MostLogE(int test) => most[test];

    /// <param name="index">Of the group; always the same instances.</param>
    /// <param name="pair">The group in the candidate's place, the rest of stable in stable's.</param>
    /// <param name="groupEvents">The group's events as stable's are counted, without the tolerance.</param>
    /// <param name="stableRate">The prediction that the candidate's test used.</param>
    /// <param name="phi">Its tempering.</param>
    public void Observe(int index, in PairCounts pair, double groupEvents, double stableRate, double phi, in Look look, bool isWarm)
    {
        if (index >= groups.Length) Grow(index + 1);
        var group = groups[index];
        for (var i = 0; i < group.Tests.Length; i++)
        {
            // The last test of a signal that has two (errors, then its guard) needs no warm-up, as in the signal itself.
            if (!isWarm && i + 1 < group.Tests.Length) continue;
            group.Tests[i].Step(pair, stableRate, phi, look.Share);
            most[i] = Math.Max(most[i], group.Tests[i].LogE);
        }

        group.Seen = group.Seen.Plus(pair with { CandidateX = groupEvents });
    }

    /// <summary>The groups differ for good, and by so much that the candidate may be one more of them.</summary>
    /// <param name="logExcess">ln of how far the candidate's rate lies beyond the tolerance.</param>
    /// <param name="clump">How many events are known to come together; at least 1.</param>
    public bool Explains(double logExcess, double clump)
    {
        Span<Sample> samples = stackalloc Sample[Tick.MostPlacebos + 1];
        if (groups.Length == 0) return false;
        samples = samples[..(groups.Length + 1)];
        var rest = new Sample(groups[0].Seen.CandidateX + groups[0].Seen.StableX, groups[0].Seen.CandidateN + groups[0].Seen.StableN);
        var stable = rest.Requests;
        for (var i = 0; i < groups.Length; i++)
        {
            var seen = groups[i].Seen;
            samples[i] = new Sample(seen.CandidateX, seen.CandidateN);
            rest = new Sample(rest.Events - seen.CandidateX, rest.Requests - seen.CandidateN);
        }

        samples[^1] = rest;
        // Groups that leave no rest behind are the whole of stable.
        if (rest.Requests <= 0) samples = samples[..^1];
        var among = GroupSpread.Of(samples, clump);
        return among > 0 && logExcess <= among * GroupSpread.Reach(samples.Length) * Math.Sqrt(1 + (samples[0].Requests / stable));
    }

    /// <summary>Another ρ for the ticks to come, as in the signal's own test.</summary>
    public void Tilt(double rho)
    {
        tilt = rho;
        foreach (var group in groups) group.Tests[0].Tilt(rho);
    }

    /// <summary>Forgets the groups' totals: what is counted has changed.</summary>
    public void Recount()
    {
        foreach (var group in groups) group.Seen = default;
    }

    private void Grow(int count)
    {
        var more = new Group[count];
        groups.CopyTo(more, 0);
        for (var i = groups.Length; i < count; i++) more[i] = new Group([.. tests.Select(make => make())]);
        groups = more;
        if (tilt is { } rho) Tilt(rho);
    }

    public void Save(StateWriter to)
    {
        to.Doubles(most);
        to.Count(groups.Length);
        foreach (var group in groups)
        {
            foreach (var test in group.Tests) test.Save(to);
            group.Seen.Save(to);
        }
    }

    public void Load(ref StateReader from)
    {
        from.Doubles(most);
        groups = [];
        Grow(from.Index(Tick.MostPlacebos + 1));
        foreach (var group in groups)
        {
            foreach (var test in group.Tests) test.Load(ref from);
            group.Seen = PairCounts.Load(ref from);
        }
    }

    private sealed class Group(PairE[] tests)
    {
        public PairE[] Tests => tests;

        public PairCounts Seen { get; set; }
    }
}

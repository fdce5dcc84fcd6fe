using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>The candidate's own test, run on groups of stable instances against the rest of stable: what it says there is noise.</summary>
/// <remarks>
/// Statistics 3.3. In the null the candidate is one more such group, so its evidence counts only as far as it exceeds
/// the most that a placebo earned of late: E / max(1, E_placebo). Both sides are capped a tick, so a candidate that is
/// plainly worse than the worst group, at twice its rate, is not divided. Beside it <see cref="Explains"/> asks whether
/// the groups differ so persistently that the candidate may be one more of them. Both only lower evidence. What a
/// placebo earned and the rates of late fade with a half-life of twenty minutes, the counts behind the spread with one
/// of two hours: an instance that was repaired does not excuse others for ever. Where a group is other instances than before
/// (whoever measured was replaced, and instances came or went), its past is of both until that has faded.
/// </remarks>
/// <param name="tests">The signal's own processes, without evidence.</param>
internal sealed class AaGuard(params Func<PairE>[] tests)
{
    private const double HalfLife = 1200, CountsHalfLife = 7200, PlainlyWorse = 2, MostExcused = 3;
    private const int LeastSamples = 3;

    private readonly double[] most = new double[tests.Length];
    private Group[] groups = [];
    private PairCounts seen;
    private Sample lately;
    private double? tilt;

    /// <summary>ln of what a test's evidence is divided by; at least 0.</summary>
    public double DivisorLogE(int test) => most[test] > 0 && !IsPlainlyWorse ? most[test] : 0;

    private bool IsPlainlyWorse
    {
        get
        {
            var worst = 0.0;
            foreach (var group in groups) worst = Math.Max(worst, group.Lately.Rate);
            return lately.Rate >= PlainlyWorse * worst;
        }
    }

    /// <summary>A tick of the candidate itself, before its groups. What they earned fades on where they are no longer measured.</summary>
    /// <param name="pair">The counts of both arms.</param>
    /// <param name="seconds">The tick's length.</param>
    /// <param name="measured">How many groups come with this tick.</param>
    public void Observe(in PairCounts pair, double seconds, int measured)
    {
        if (groups.Length == 0 && measured == 0) return;
        var (fade, slowly) = (Math.Pow(0.5, seconds / HalfLife), Math.Pow(0.5, seconds / CountsHalfLife));
        seen = Faded(seen, slowly).Plus(pair);
        lately = Faded(lately, fade, pair.CandidateX, pair.CandidateN);
        // What is no longer measured is soon no longer known.
        for (var i = 0; i < groups.Length; i++)
            (groups[i].Seen, groups[i].Lately) = (Faded(groups[i].Seen, i < measured ? slowly : fade), Faded(groups[i].Lately, fade, 0, 0));
        for (var i = 0; i < most.Length; i++) most[i] *= fade;
    }

    /// <param name="index">The index of the group; always the same instances.</param>
    /// <param name="step">
    /// The group in the candidate's place, the rest of stable in stable's; the rest as in the candidate's own test.
    /// </param>
    /// <param name="last">The same for the last test of a signal that has two (errors, then its guard).</param>
    /// <param name="groupEvents">The group's events as stable's are counted, without the tolerance.</param>
    public void Observe(int index, in PairStep step, in PairStep last, double groupEvents, in Look look, bool isWarm)
    {
        if (index >= groups.Length) Grow(index + 1);
        var group = groups[index];
        for (var i = 0; i < group.Tests.Length; i++)
        {
            var isLast = i + 1 == group.Tests.Length;
            // The guard needs no warm-up, as in the signal itself.
            if (!isWarm && !isLast) continue;
            var (pair, stableRate, phi) = isLast ? last : step;
            group.Tests[i].Step(pair, stableRate, phi, look.Share);
            most[i] = Math.Max(most[i], group.Tests[i].LogE);
        }

        group.Seen = group.Seen.Plus(step.Pair with { CandidateX = groupEvents });
        group.Lately = new Sample(group.Lately.Events + groupEvents, group.Lately.Requests + step.Pair.CandidateN);
    }

    /// <summary>
    /// The groups differ for good, and by so much that the candidate may be one more of them; never beyond three times the tolerance.
    /// </summary>
    /// <param name="rho">The tolerance: ρ times stable's rate, and δ.</param>
    /// <param name="clump">How many events are known to come together; at least 1.</param>
    public bool Explains(double rho, double delta, double clump)
    {
        if (groups.Length + 1 < LeastSamples || !seen.IsPair || seen.CandidateX <= 0) return false;
        var excess = seen.CandidateX / seen.CandidateN / ((rho * seen.StableX / seen.StableN) + delta);
        if (excess > MostExcused) return false;

        Span<Sample> samples = stackalloc Sample[Tick.MostPlacebos + 1];
        var (count, largest, rest) = (0, 0.0, new Sample(seen.StableX, seen.StableN));
        foreach (var group in groups)
        {
            var sample = new Sample(group.Seen.CandidateX, group.Seen.CandidateN);
            rest = new Sample(rest.Events - sample.Events, rest.Requests - sample.Requests);
            if (!SaysSomething(sample)) continue;
            samples[count++] = sample;
            largest = Math.Max(largest, sample.Requests);
        }

        // Groups that leave nothing behind are the whole of stable.
        if (SaysSomething(rest)) samples[count++] = rest;
        if (count < LeastSamples) return false;
        var among = GroupSpread.Of(samples[..count], clump);
        return among > 0 && Math.Log(excess) <= among * GroupSpread.Reach(count) * Math.Sqrt(1 + (largest / seen.StableN));
    }

    /// <summary>
    /// With a handful of requests (an instance that has just come, or is gone) no rate is known, which is no reason to know nothing of the
    /// others.
    /// </summary>
    private bool SaysSomething(in Sample sample) =>
        sample.Requests >= 1 && sample.Requests * seen.StableX / seen.StableN >= GroupSpread.LeastEvents;

    /// <summary>Another ρ for the ticks to come, as in the signal's own test.</summary>
    public void Tilt(double rho)
    {
        tilt = rho;
        foreach (var group in groups) group.Tests[0].Tilt(rho);
    }

    private void Grow(int count)
    {
        var more = new Group[count];
        groups.CopyTo(more, 0);
        for (var i = groups.Length; i < count; i++) more[i] = new Group([.. tests.Select(make => make())]);
        groups = more;
        if (tilt is { } rho) Tilt(rho);
    }

    private static PairCounts Faded(in PairCounts counts, double by) =>
        new(counts.CandidateN * by, counts.CandidateX * by, counts.StableN * by, counts.StableX * by);

    private static Sample Faded(Sample counts, double by, double events, double requests) =>
        new((counts.Events * by) + events, (counts.Requests * by) + requests);

    public void Save(StateWriter to)
    {
        to.Doubles(most);
        to.Count(groups.Length);
        if (groups.Length == 0) return;
        Save(to, seen, lately);
        foreach (var group in groups)
        {
            foreach (var test in group.Tests) test.Save(to);
            Save(to, group.Seen, group.Lately);
        }
    }

    public void Load(ref StateReader from)
    {
        from.Doubles(most);
        groups = [];
        Grow(from.Index(Tick.MostPlacebos + 1));
        if (groups.Length == 0) return;
        (seen, lately) = LoadCounts(ref from);
        foreach (var group in groups)
        {
            foreach (var test in group.Tests) test.Load(ref from);
            (group.Seen, group.Lately) = LoadCounts(ref from);
        }
    }

    private static void Save(StateWriter to, in PairCounts counts, Sample lately) =>
        to.Doubles([counts.CandidateN, counts.CandidateX, counts.StableN, counts.StableX, lately.Events, lately.Requests]);

    private static (PairCounts Counts, Sample Lately) LoadCounts(ref StateReader from) =>
        (new(from.Double(), from.Double(), from.Double(), from.Double()), new Sample(from.Double(), from.Double()));

    private sealed class Group(PairE[] tests)
    {
        public PairE[] Tests => tests;

        public PairCounts Seen { get; set; }

        public Sample Lately { get; set; }
    }
}

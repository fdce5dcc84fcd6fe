using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>
/// Response size: is the candidate's median body smaller or larger than stable's by the factor (2) that the file allows? Advisory: it
/// holds, and never rolls back.
/// </summary>
/// <remarks>
/// As latency does, sizes compare counts beyond a bound that is known before the tick: the candidate's bodies of at most u ÷ factor
/// against stable's of at most u, u the lower edge of stable's median bucket; and likewise above the upper edge. Two processes of the
/// proportion form; E is their mean. Where nobody measures sizes, answers that come one and a half times the factor faster than stable's
/// median may be empty ones: that holds by itself, outside of the mean of the advisory signals.
/// </remarks>
internal sealed class SizeSignal(LatencySignal median, Analysis analysis, Weighting weighting)
    : Signal("response size", isCritical: false, weighting.Size)
{
    private const double LeastResponses = 20;

    /// <summary>The divisor of the evidence: bodies of one kind come together.</summary>
    private const double LeastPhi = 2;

    /// <summary>Nobody misses what is smaller: below it nothing is too large.</summary>
    private static readonly int Small = SizeBuckets.IndexOf(256);

    private readonly PairE smaller = new(PairForm.Proportion, Bets.HarmOdds, 1, 0, Caps.Harm(analysis, weighting.Size));
    private readonly PairE larger = new(PairForm.Proportion, Bets.HarmOdds, 1, 0, Caps.Harm(analysis, weighting.Size));
    private readonly PairE faster = new(PairForm.Proportion, Bets.HarmOdds, 1, 0, Caps.Harm(analysis, 1));
    private readonly RateEstimate quickRate = new(0.5, 50);
    private readonly SizeShape stable = new(), candidate = new();
    private readonly double factor = analysis.ResponseSize.Factor, muchFaster = 1.5 * analysis.ResponseSize.Factor;
    private readonly int shift = SizeBuckets.ShiftOf(analysis.ResponseSize.Factor);
    private PairCounts quick, sized;
    private double phi = LeastPhi;

    public override bool IsTold => sized.IsPair;

    /// <summary>Sizes are unknown, and the candidate answers faster than stable by one and a half times the factor, beyond doubt.</summary>
    public bool IsMuchFaster => !sized.IsPair && faster.LogE >= Obstacles.LogAdvisory;

    /// <summary>What <see cref="IsMuchFaster"/> rests on.</summary>
    public string FasterText
    {
        get
        {
            var (slow, fast) = (new Sample(quick.StableX, quick.StableN), new Sample(quick.CandidateX, quick.CandidateN));
            var times = NumberText.Factor(muchFaster);
            return $"sizes are not measured, and {SignalWords.Of(fast)} of the candidate's answers came × {times} faster than the time in "
                + $"which {SignalWords.Of(slow)} of stable's came: look whether they are empty";
        }
    }

    public override double HarmLogE => Weighting.LogSum([smaller.LogE, larger.LogE]) - Math.Log(2);

    public override void Learn(in Tick tick) => stable.Absorb(tick.Stable.Sizes, tick.Seconds);

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        var (of, by) = (SizesOf(tick.Candidate), SizesOf(tick.Stable));
        // What the tick itself says of clumps must not help it: the greatest so far is taken.
        phi = Math.Max(phi, ClumpOf(tick));
        if (of is not null && by is not null && stable.Total >= LeastResponses) Compare(of, by, look.Share);
        else if (of is null && by is null && stable.Total <= 0 && candidate.Total <= 0) CompareTimes(tick, look);
        stable.Absorb(by, look.Seconds);
        candidate.Absorb(of, look.Seconds);
    }

    private void Compare(long[] of, long[] by, double share)
    {
        var middle = stable.Median();
        var (requests, stableRequests) = (Sum(of, 0, SizeBuckets.Overflow), Sum(by, 0, SizeBuckets.Overflow));
        if (middle > 0)
        {
            var most = middle - 1;
            smaller.Step(
                new PairCounts(requests, Sum(of, 0, Math.Max(0, most - shift)), stableRequests, Sum(by, 0, most)), stable.ShareUpTo(most),
                phi, share);
        }

        var least = Math.Max(middle + 1, Small);
        larger.Step(
            new PairCounts(requests, Sum(of, least + shift, SizeBuckets.Overflow), stableRequests, Sum(by, least, SizeBuckets.Overflow)),
            Math.Clamp(1 - stable.ShareUpTo(least - 1), 1e-6, 0.98), phi, share);
        sized = sized.Plus(new PairCounts(requests, 0, stableRequests, 0));
    }

    private void CompareTimes(in Tick tick, in Look look)
    {
        if (look.SkipsLatency || look.HarmOnly || median.Boundary is not { Bucket: > 0 } boundary) return;
        var layout = tick.Stable.Layout;
        // The lower edge of the bucket with stable's median, and the last edge that is so many times below it.
        var most = boundary.Bucket - 1;
        var quickest = layout.IndexOf(layout.UpperSeconds(most) / muchFaster);
        if (layout.UpperSeconds(quickest) > layout.UpperSeconds(most) / muchFaster * (1 + 1e-9)) quickest--;
        ReadOnlySpan<long> of = tick.Candidate.Times, by = tick.Stable.Times;
        var pair = new PairCounts(Sum(of, 0, layout.Overflow), Sum(of, 0, quickest), Sum(by, 0, layout.Overflow), Sum(by, 0, most));
        faster.Step(pair, quickRate.Value, phi, look.Share);
        quickRate.Update(pair.StableX, pair.StableN, look.Seconds);
        quick = quick.Plus(pair);
    }

    private static long[]? SizesOf(Counts counts) => counts.HasSizes ? counts.Sizes : null;

    private static double ClumpOf(in Tick tick)
    {
        var (of, by) = (tick.CandidateFlow, tick.StableFlow);
        var requests = (of.Active > 0 ? tick.Candidate.Requests : 0) + (by.Active > 0 ? tick.Stable.Requests : 0);
        return requests > 0 ? (of.RequestSquares + by.RequestSquares) / (double)requests : 1;
    }

    /// <param name="from">The first bucket.</param>
    /// <param name="to">The last one; before the first for none.</param>
    private static double Sum(ReadOnlySpan<long> counts, int from, int to)
    {
        long sum = 0;
        for (var i = from; i <= to && i < counts.Length; i++) sum += Math.Max(0, counts[i]);
        return sum;
    }

    public override Finding? Find(Evidence evidence, int margin)
    {
        if (!sized.IsPair)
            return IsMuchFaster ? Found(Verdict.Unsure, double.NaN, faster.LogE, Obstacles.LogAdvisory, quick, FasterText) : null;
        var proof = Proof.Of(evidence, this, margin);
        var (was, now) = (SizeBuckets.UpperBytes(stable.Median()), SizeBuckets.UpperBytes(candidate.Median()));
        var ratio = was > 0 && double.IsFinite(now) ? now / was : double.NaN;
        var times = NumberText.Factor(factor);
        return Found(
            proof.Verdict, ratio, proof.LogE, proof.Bound, sized,
            $"candidate's median body {Bytes(now)} against {Bytes(was)}; beyond ÷ {times} or × {times}: {proof.HarmText}");
    }

    private Finding Found(Verdict verdict, double ratio, double logE, double bound, in PairCounts seen, string text)
    {
        var (ofStable, ofCandidate) = ErrorSignal.Samples(seen);
        return new Finding(Name, verdict, ratio, double.NaN, double.NaN, logE, bound, ofStable, ofCandidate, text);
    }

    private static string Bytes(double bytes) => bytes switch
    {
        0 => "empty",
        < 1024 => $"{NumberText.Count(Math.Round(bytes))} B",
        < 1024 * 1024 => $"{NumberText.Factor(bytes / 1024)} KiB",
        < double.PositiveInfinity => $"{NumberText.Factor(bytes / (1024 * 1024))} MiB",
        _ => "more than 1 GiB",
    };

    public override void Save(StateWriter to)
    {
        to.Double(phi);
        quick.Save(to);
        if (quick.IsPair)
        {
            faster.Save(to);
            quickRate.Save(to);
        }

        stable.Save(to);
        candidate.Save(to);
        sized.Save(to);
        if (!sized.IsPair) return;
        smaller.Save(to);
        larger.Save(to);
    }

    public override void Load(ref StateReader from)
    {
        if (from.Layout < Judge.LayoutWithClients) return;
        phi = from.Double();
        quick = PairCounts.Load(ref from);
        if (quick.IsPair)
        {
            faster.Load(ref from);
            quickRate.Load(ref from);
        }

        stable.Load(ref from);
        candidate.Load(ref from);
        sized = PairCounts.Load(ref from);
        if (!sized.IsPair) return;
        smaller.Load(ref from);
        larger.Load(ref from);
    }
}

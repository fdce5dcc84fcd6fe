using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>What the last tick was compared with.</summary>
internal enum ComparedWith
{
    Nothing,

    /// <summary>The concurrent stable arm of the same population.</summary>
    Stable,

    /// <summary>Stable users outside the cohort: harm only.</summary>
    Outside,

    /// <summary>The frozen past: harm only.</summary>
    Past,
}

/// <summary>A verdict that stays.</summary>
/// <param name="Signal">Index of the signal that carried most: 0 errors, 1 guard, then the latency levels.</param>
internal readonly record struct Failure(int Signal, bool IsHistorical, double LogE);

/// <summary>All that has been learnt of one candidate: the processes, stable's past, and what they say together.</summary>
internal sealed class Evidence
{
    public const int SilentTicks = 3, LeastUsers = 3, SkippedTicks = 2;
    private const double FullTableFloor = 30;

    private double clumpBefore = 1;
    private int weight = -1;
    private int skip;

    public Evidence(Analysis analysis, Baseline past)
    {
        Analysis = analysis;
        Past = past;
        CandidateLatency = new LatencyShape(1 << 16, past.Layout);
        Weighting = new Weighting(analysis);
        Errors = new ErrorSignal(analysis, Weighting);
        Errors.Begin(past);
        Latency = [.. LatencyLevel.Of(analysis).Select(l => new LatencySignal(l, analysis, past.Layout, Weighting.Latency * l.Share))];
    }

    public Analysis Analysis { get; }

    public Baseline Past { get; }

    public Weighting Weighting { get; }

    public ErrorSignal Errors { get; }

    public LatencySignal[] Latency { get; }

    /// <summary>Of the candidate's latest requests, for reading only.</summary>
    public LatencyShape CandidateLatency { get; }

    public ComparedWith Mode { get; private set; }

    /// <summary>Seconds since the candidate's first traffic.</summary>
    public double Elapsed { get; private set; }

    /// <summary>Ticks in a row without requests on both arms.</summary>
    public int Silent { get; private set; }

    /// <summary>Requests a second at the present weights, smoothed.</summary>
    public double CandidateRps { get; private set; }

    public double StableRps { get; private set; }

    public UserCounts CandidateUsers { get; private set; }

    public Failure? Failure { get; private set; }

    public double FailBound => -Math.Log(Analysis.Alpha);

    private int Count => 2 + Latency.Length;

    public void Compare(in Tick tick, bool harmOnly)
    {
        Mode = harmOnly ? ComparedWith.Outside : ComparedWith.Stable;
        var pair = PairCounts.OfErrors(tick);
        var look = Begin(tick, pair.CandidateN, pair.IsPair, tick.StableUsers + tick.CandidateUsers, harmOnly);
        if (Elapsed > 0)
        {
            Errors.Observe(pair, look with { IsWarm = Elapsed > Analysis.ErrorWarmUp.TotalSeconds });
            if (!Skips() && Elapsed > Analysis.LatencyWarmUp.TotalSeconds)
            {
                var requests = PairCounts.OfLatency(tick);
                foreach (var level in Latency) level.Observe(tick, requests, Past, look);
            }
        }
        else
        {
            Errors.Learn(pair, tick.Seconds);
        }

        Past.Absorb(tick.Seconds, tick.Stable, tick.StableUsers);
        CandidateLatency.Absorb(tick.Candidate.Latency);
        Measure(pair, tick.Seconds);
        Conclude(historical: false);
    }

    public void CompareWithPast(in Tick tick)
    {
        Mode = ComparedWith.Past;
        var pair = PairCounts.OfErrors(tick);
        var look = Begin(tick, pair.CandidateN, pair.CandidateN > 0, tick.CandidateUsers, harmOnly: true);
        if (Elapsed > 0)
        {
            Errors.ObserveHistorical(pair.CandidateN, pair.CandidateX, Past, look);
            if (!Skips() && Elapsed > Analysis.LatencyWarmUp.TotalSeconds)
            {
                var requests = Tails.Sum(tick.Candidate.Latency);
                foreach (var level in Latency) level.ObserveHistorical(tick.Candidate, requests, Past, look);
            }
        }

        CandidateLatency.Absorb(tick.Candidate.Latency);
        Measure(pair, tick.Seconds);
        Conclude(historical: true);
    }

    /// <summary>ln of one signal's harm e-value times its weight; −∞ when it is not of the asked group.</summary>
    public double Term(int signal, bool historical, bool critical)
    {
        var (isCritical, share, logE) = signal switch
        {
            0 => (Weighting.ErrorsCritical, historical ? Weighting.HistoricalErrors : Weighting.Errors,
                historical ? Errors.Historical.LogE : Errors.Harm.LogE),
            1 => (true, historical ? 0 : Weighting.Guard, Errors.Guard.LogE),
            _ => (Weighting.LatencyCritical, Weighting.Latency * Latency[signal - 2].Level.Share,
                historical ? Latency[signal - 2].Historical.LogE : Latency[signal - 2].Harm.LogE),
        };
        return isCritical == critical ? Math.Log(share) + logE : double.NegativeInfinity;
    }

    /// <summary>ln Σ v_k E_k over the critical or the advisory signals; −∞ of none.</summary>
    public double LogE(bool historical, bool critical)
    {
        Span<double> terms = stackalloc double[Count];
        for (var i = 0; i < terms.Length; i++) terms[i] = Term(i, historical, critical);
        return Weighting.LogSum(terms);
    }

    /// <summary>With identified users, errors of one or two of them are no reason to go back.</summary>
    public bool TooFewUsers(int signal) => signal < 2 && CandidateUsers.Known > 0 && CandidateUsers.Failing < LeastUsers;

    /// <summary>The critical signal that carries most of the evidence.</summary>
    public int Blame(bool historical)
    {
        var most = 0;
        for (var i = 1; i < Count; i++)
            if (Term(i, historical, true) > Term(most, historical, true)) most = i;
        return most;
    }

    /// <summary>A signal must be shown no worse when it is critical, and all must when none is: nothing passes on nothing.</summary>
    public bool Needs(bool isCritical) => isCritical || !(Weighting.ErrorsCritical || Weighting.LatencyCritical);

    /// <summary>Every needed signal is shown to be no worse at this margin.</summary>
    public bool IsShown(int margin)
    {
        var bound = -Math.Log(Analysis.AlphaNonInferiority);
        if (Needs(Weighting.ErrorsCritical) && Errors.NonInferiority[margin].LogE < bound) return false;
        if (!Needs(Weighting.LatencyCritical)) return true;
        foreach (var level in Latency)
            if (level.NonInferiority.Length > 0 && level.NonInferiority[margin].LogE < bound) return false;
        return true;
    }

    private Look Begin(in Tick tick, double candidateN, bool isHeard, UserCounts users, bool harmOnly)
    {
        if (Elapsed > 0 || candidateN > 0) Elapsed += tick.Seconds;
        Silent = isHeard ? 0 : Silent + 1;
        if (weight > 0 && tick.Weights.Candidate > 2 * weight) skip = SkippedTicks;
        if (weight != tick.Weights.Candidate) (CandidateRps, StableRps) = (0, 0);
        weight = tick.Weights.Candidate;
        CandidateUsers = tick.CandidateUsers;

        var known = Math.Max(Past.Clump, users.IsFull ? FullTableFloor : 1);
        var clump = Math.Max(known, users.Clump);
        var floors = new Phi(clump, Math.Max(known, clumpBefore));
        clumpBefore = clump;
        return new Look(tick.Seconds, Bets.Share(tick.Seconds, Elapsed), tick.Weights.Fraction, floors, true, harmOnly);
    }

    private bool Skips()
    {
        if (skip == 0) return false;
        skip--;
        return true;
    }

    private void Measure(in PairCounts pair, double seconds)
    {
        if (seconds <= 0) return;
        var newest = CandidateRps + StableRps > 0 ? Math.Min(1, seconds / 10) : 1;
        CandidateRps += newest * ((pair.CandidateN / seconds) - CandidateRps);
        StableRps += newest * ((pair.StableN / seconds) - StableRps);
    }

    private void Conclude(bool historical)
    {
        if (Failure is not null) return;
        var logE = LogE(historical, critical: true);
        if (!(logE >= FailBound)) return;
        var blame = Blame(historical);
        if (!TooFewUsers(blame)) Failure = new Failure(blame, historical, logE);
    }

    public void Save(StateWriter to)
    {
        Past.Save(to);
        CandidateLatency.Save(to);
        Errors.Save(to);
        foreach (var level in Latency) level.Save(to);
        to.Doubles([Elapsed, CandidateRps, StableRps, clumpBefore]);
        to.Count((int)Mode);
        to.Count(Silent);
        to.Count(weight + 1);
        to.Count(skip);
        to.Count(CandidateUsers.Known);
        to.Count(CandidateUsers.Failing);
        to.Count(Failure is { } f ? 1 + (f.Signal * 2) + (f.IsHistorical ? 1 : 0) : 0);
        to.Double(Failure?.LogE ?? 0);
    }

    public void Load(ref StateReader from)
    {
        Past.Load(ref from);
        CandidateLatency.Load(ref from);
        Errors.Load(ref from);
        foreach (var level in Latency) level.Load(ref from);
        (Elapsed, CandidateRps, StableRps, clumpBefore) = (from.Double(), from.Double(), from.Double(), from.Double());
        Mode = (ComparedWith)from.Index((int)ComparedWith.Past + 1);
        Silent = from.Index(int.MaxValue);
        weight = from.Index(Routing.Weights.Total + 2) - 1;
        skip = from.Index(SkippedTicks + 1);
        CandidateUsers = new UserCounts(0, 0, 0, Known: from.Count(), Failing: from.Count(), Broken: 0, IsFull: false);
        var failure = from.Index((2 * Count) + 1) - 1;
        var logE = from.Double();
        Failure = failure >= 0 ? new Failure(failure / 2, failure % 2 == 1, logE) : null;
    }
}

using System.Collections.Immutable;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

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

    /// <summary>The concurrent stable arm, of whose requests the candidate gets copies: harm only.</summary>
    Copied,
}

/// <summary>A verdict that stays.</summary>
/// <param name="Signal">Index of the signal that carried most.</param>
internal readonly record struct LastingFailure(int Signal, bool IsHistorical, double LogE);

/// <summary>All that has been learnt of one candidate: the signals, stable's past, and what they say together.</summary>
internal sealed class Evidence
{
    public const int SilentTicks = 3, LeastUsers = 3, SkippedTicks = 2;

    /// <summary>φ where the table of users could not hold all of them.</summary>
    public const double FullTableFloor = 30;

    private readonly ClientErrorSignal clientErrors;
    private double clumpBefore = 1;

    // ln of the sum of the weights of what is measured; 0 for a group without signals on top of its sum of one.
    private double criticalTotal, advisoryTotal;
    private int told = -1;
    private int weight = -1;
    private int skip;

    public Evidence(Analysis analysis, Baseline past, PathGroups? paths)
    {
        Analysis = analysis;
        Paths = analysis.Routes is null ? null : paths;
        Past = past;
        CandidateLatency = new LatencyShape(1 << 16, past.Layout);
        Weighting = new Weighting(analysis, Paths is not null);
        Errors = new ErrorSignal(analysis, Weighting, past);
        Latency = [.. LatencyLevel.Of(analysis).Select(
            (l, i) => new LatencySignal(l, analysis, Weighting, Errors, past, past.LatencyScatter[i].Carried))];
        Size = new SizeSignal(Latency[0], analysis, Weighting);
        Signals = [.. SignalList.Of(this)];
        clientErrors = Signals.OfType<ClientErrorSignal>().Single();
        Critical = [.. Enumerable.Range(0, Signals.Length).Where(i => Signals[i].IsCritical)];
        Advisory = [.. Enumerable.Range(0, Signals.Length).Where(i => !Signals[i].IsCritical)];
    }

    public Analysis Analysis { get; }

    public Baseline Past { get; }

    /// <summary>The route groups that are compared; null when none are.</summary>
    public PathGroups? Paths { get; }

    public Weighting Weighting { get; }

    public ErrorSignal Errors { get; }

    public LatencySignal[] Latency { get; }

    public SizeSignal Size { get; }

    /// <summary>All signals, in the order of the findings.</summary>
    public ImmutableArray<Signal> Signals { get; }

    /// <summary>Indices of <see cref="Signals"/>.</summary>
    public ImmutableArray<int> Critical { get; }

    public ImmutableArray<int> Advisory { get; }

    /// <summary>Does the candidate get the share that it was given?</summary>
    public TrafficShare Traffic { get; } = new();

    /// <summary>Does one user fail who makes much of the traffic?</summary>
    public HotUser HotUser { get; } = new(HotUserKind.Failing);

    /// <summary>The same of client errors.</summary>
    public HotUser HotClient { get; } = new(HotUserKind.Refused);

    /// <summary>The latency of the candidate's latest requests, for reading only.</summary>
    public LatencyShape CandidateLatency { get; }

    public ComparedWith Mode { get; private set; }

    /// <summary>Seconds since the candidate's first traffic.</summary>
    public double Elapsed { get; private set; }

    /// <summary>Ticks in a row in which one of the arms had no request that ended, nor one that was abandoned.</summary>
    public int Silent { get; private set; }

    /// <summary>Requests a second at the present weights, smoothed.</summary>
    public double CandidateRps { get; private set; }

    public double StableRps { get; private set; }

    public UserCounts CandidateUsers { get; private set; }

    public LastingFailure? Failure { get; private set; }

    public double FailBound => -Math.Log(Analysis.Alpha);

    /// <summary>Whose users stable's are, for a finding's words.</summary>
    public string WhereWords => Mode == ComparedWith.Outside ? " of stable's users outside the cohort" : "";

    public void Compare(in Tick tick, ComparedWith with)
    {
        Mode = with;
        var harmOnly = with != ComparedWith.Stable;
        var pair = PairCounts.OfErrors(tick);
        var heard = PairCounts.Heard(tick, pair);
        var look = Begin(tick, heard.CandidateN, heard.IsPair, tick.StableUsers + tick.CandidateUsers, harmOnly);
        if (Elapsed > 0)
        {
            foreach (var signal in Signals) signal.Observe(tick, Past, look);
            if (!harmOnly) Traffic.Observe(tick, look);
        }
        else
        {
            foreach (var signal in Signals) signal.Learn(tick);
        }

        // Without traffic on stable its past is the best that is known of it.
        if (heard.StableN > 0) Past.Absorb(tick.Seconds, tick.Stable, tick.StableUsers);
        CandidateLatency.Absorb(tick.Candidate);
        ObserveTop(tick);
        Measure(pair, tick.Seconds);
        Weigh();
        Conclude(historical: false);
    }

    public void CompareWithPast(in Tick tick)
    {
        Mode = ComparedWith.Past;
        var pair = PairCounts.OfErrors(tick);
        var heard = PairCounts.Heard(tick, pair).CandidateN;
        var look = Begin(tick, heard, heard > 0, tick.CandidateUsers, harmOnly: true);
        if (Elapsed > 0)
            foreach (var signal in Signals) signal.ObservePast(tick, Past, look);

        CandidateLatency.Absorb(tick.Candidate);
        ObserveTop(tick);
        Measure(pair, tick.Seconds);
        Weigh();
        Conclude(historical: true);
    }

    private void ObserveTop(in Tick tick)
    {
        HotUser.Observe(tick.Top, Errors.StableRate);
        HotClient.Observe(tick.TopClient, clientErrors.StableRate);
    }

    /// <summary>ln of what one signal's e-value must reach to fail alone, or, when it is advisory, to hold alone.</summary>
    public double HarmBound(Signal signal, bool historical) =>
        (signal.IsCritical ? FailBound + criticalTotal : Obstacles.LogAdvisory + advisoryTotal)
        - Math.Log(historical ? signal.PastWeight : signal.Weight);

    /// <summary>ln Σ v_k E_k of a group of signals, as measured; −∞ of none.</summary>
    public double LogE(bool historical, ImmutableArray<int> group)
    {
        Span<double> terms = stackalloc double[group.Length];
        for (var i = 0; i < terms.Length; i++)
            terms[i] = Signals[group[i]] is { IsTold: true } signal ? Term(signal, historical) : double.NegativeInfinity;
        return Weighting.LogSum(terms) - (group == Critical ? criticalTotal : advisoryTotal);
    }

    /// <summary>The same of the critical signals, less what stable's own instances earn: what a rollback rests on.</summary>
    public double FailLogE(bool historical)
    {
        if (historical) return LogE(historical, Critical);
        Span<double> terms = stackalloc double[Critical.Length];
        for (var i = 0; i < terms.Length; i++) terms[i] = FailTerm(Signals[Critical[i]]);
        return Weighting.LogSum(terms) - criticalTotal;
    }

    /// <summary>With identified users, errors of one or two of them are no reason to go back.</summary>
    public bool TooFewUsers(int signal) =>
        CandidateUsers.Known > 0 && Signals[signal].FailingUsers(CandidateUsers) < LeastUsers;

    /// <summary>The critical signal that carries most of the evidence.</summary>
    public int Blame(bool historical)
    {
        var (most, blame) = (double.NegativeInfinity, Critical[0]);
        foreach (var i in Critical)
        {
            var term = historical ? Term(Signals[i], true) : FailTerm(Signals[i]);
            if (term > most) (most, blame) = (term, i);
        }

        return blame;
    }

    /// <summary>
    /// A signal must be shown no worse when it is critical, and all must when none that can be shown is: nothing passes on nothing.
    /// </summary>
    public bool Needs(Signal signal)
    {
        if (!signal.HasMargins) return false;
        if (signal.IsCritical) return true;
        foreach (var i in Critical)
            if (Signals[i].HasMargins) return false;
        return true;
    }

    /// <summary>Every needed signal is shown to be no worse at this margin.</summary>
    public bool IsShown(int margin)
    {
        foreach (var signal in Signals)
            if (IsMissing(signal, margin)) return false;
        return true;
    }

    /// <summary>It is needed, and not yet shown to be no worse at this margin.</summary>
    public bool IsMissing(Signal signal, int margin) =>
        Needs(signal) && !(signal.ShownLogE(margin) >= -Math.Log(Analysis.AlphaNonInferiority));

    /// <summary>
    /// A critical signal whose evidence is no more than stable's own instances show of each other; null when there is none.
    /// </summary>
    public Signal? FindNoise()
    {
        foreach (var i in Critical)
            if (Signals[i].IsNoise) return Signals[i];
        return null;
    }

    /// <summary>What another rollout of the service may begin with: how clustered its errors and slow requests are.</summary>
    public void Teach(Baseline next)
    {
        next.ErrorScatter = Errors.Scatter;
        for (var i = 0; i < Latency.Length; i++) next.LatencyScatter[i] = Latency[i].Scatter;
    }

    /// <summary>ln of what one signal adds to the evidence of its group.</summary>
    public static double Term(Signal signal, bool historical) => historical
        ? Math.Log(signal.PastWeight) + signal.PastLogE
        : Math.Log(signal.Weight) + signal.HarmLogE;

    /// <summary>Where what a signal of all requests shows is on one route, that in words; null where it is not.</summary>
    public string? RouteWords(Signal worse)
    {
        foreach (var signal in Signals)
        {
            if (signal is PathSignal paths && paths.Explains(worse) && paths.Concentration is { } group)
                return $"most of it on {paths.WordsOf(group)}";
        }

        return null;
    }

    private double FailTerm(Signal signal) =>
        signal.IsNoise || !signal.IsTold ? double.NegativeInfinity : Math.Log(signal.Weight) + signal.HarmLogE - signal.PlaceboLogE;

    private Look Begin(in Tick tick, double candidateN, bool isHeard, UserCounts users, bool harmOnly)
    {
        if (Elapsed > 0 || candidateN > 0) Elapsed += tick.Seconds;
        Silent = isHeard ? 0 : Silent + 1;
        if (weight > 0 && tick.Weights.Candidate > 2 * weight) skip = SkippedTicks;
        else if (skip > 0) skip--;
        if (weight != tick.Weights.Candidate) (CandidateRps, StableRps) = (0, 0);
        weight = tick.Weights.Candidate;
        // A tick without them takes nothing back of what is known.
        if (tick.CandidateUsers.Users > 0 || tick.CandidateUsers.Known > 0) CandidateUsers = tick.CandidateUsers;

        var known = Math.Max(Past.Clump, users.IsFull ? FullTableFloor : 1);
        var clump = Math.Max(known, users.Clump);
        var floors = new Phi(clump, Math.Max(known, clumpBefore));
        clumpBefore = clump;
        return new Look(tick.Seconds, Elapsed, tick.Weights.Fraction, floors, harmOnly, skip > 0);
    }

    private void Measure(in PairCounts pair, double seconds)
    {
        if (seconds <= 0) return;
        var newest = CandidateRps + StableRps > 0 ? Math.Min(1, seconds / 10) : 1;
        CandidateRps += newest * ((pair.CandidateN / seconds) - CandidateRps);
        StableRps += newest * ((pair.StableN / seconds) - StableRps);
    }

    /// <summary>Which signals are averaged: seldom another set than before.</summary>
    private void Weigh()
    {
        var now = 0;
        foreach (var signal in Signals)
            if (signal.IsTold) now++;
        if (now == told) return;
        told = now;
        (criticalTotal, advisoryTotal) = (LogTotal(Critical), LogTotal(Advisory));
    }

    /// <summary>ln of the sum of weights; exactly 0 where nothing comes on top of the sum of one, which rounding would miss.</summary>
    private double LogTotal(ImmutableArray<int> group)
    {
        var sum = 0.0;
        foreach (var i in group)
            if (Signals[i].IsTold) sum += Signals[i].Weight;
        return sum > 0 && Math.Abs(sum - 1) > 1e-9 ? Math.Log(sum) : 0;
    }

    private void Conclude(bool historical)
    {
        // What was measured is never less than what counts, and far cheaper to know.
        if (Failure is not null || !(LogE(historical, Critical) >= FailBound)) return;
        var logE = FailLogE(historical);
        if (!(logE >= FailBound)) return;
        var blame = Blame(historical);
        if (!TooFewUsers(blame)) Failure = new LastingFailure(blame, historical, logE);
    }

    public void Save(StateWriter to)
    {
        Past.Save(to);
        CandidateLatency.Save(to);
        foreach (var signal in Signals) signal.Save(to);
        Traffic.Save(to);
        to.Doubles([Elapsed, CandidateRps, StableRps, clumpBefore]);
        to.Count((int)Mode);
        to.Count(Silent);
        to.Count(weight + 1);
        to.Count(skip);
        to.Count(CandidateUsers.Known);
        to.Count(CandidateUsers.Failing);
        to.Count(CandidateUsers.ClientFailing);
        to.Count(Failure is { } f ? 1 + (f.Signal * 2) + (f.IsHistorical ? 1 : 0) : 0);
        to.Double(Failure?.LogE ?? 0);
        HotUser.Save(to);
        HotClient.Save(to);
    }

    public void Load(ref StateReader from)
    {
        Past.Load(ref from);
        CandidateLatency.Load(ref from);
        foreach (var signal in Signals) signal.Load(ref from);
        Traffic.Load(ref from);
        (Elapsed, CandidateRps, StableRps, clumpBefore) = (from.Double(), from.Double(), from.Double(), from.Double());
        Mode = (ComparedWith)from.Index((int)ComparedWith.Copied + 1);
        Silent = from.Index(int.MaxValue);
        weight = from.Index(Routing.Weights.Total + 2) - 1;
        skip = from.Index(SkippedTicks + 1);
        CandidateUsers = new UserCounts(0, 0, 0, Known: from.Count(), Failing: from.Count(), Broken: 0, IsFull: false)
        {
            ClientFailing = from.Layout >= Judge.LayoutWithClients ? from.Count() : 0,
        };
        var failure = from.Index((2 * Signals.Length) + 1) - 1;
        var logE = from.Double();
        Failure = failure >= 0 ? new LastingFailure(failure / 2, failure % 2 == 1, logE) : null;
        if (from.Layout >= Judge.LayoutWithUsers) HotUser.Load(ref from);
        if (from.Layout >= Judge.LayoutWithTopClients) HotClient.Load(ref from);
        Weigh();
    }
}

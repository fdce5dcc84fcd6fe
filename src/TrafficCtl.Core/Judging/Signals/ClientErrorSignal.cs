using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>Client errors: answers 4xx of requests, of every user up to its third one in ten minutes.</summary>
/// <remarks>
/// A version that answers 404 or 401 where stable answers 200 is broken, and one that rightly refuses is not: so it is advisory unless
/// the file says otherwise, and only <see cref="ClientGuardSignal"/>, whose process runs here, can roll back. Harm ρ 1.10, δ a fifth of
/// the tolerance; where it is critical, non-inferiority ρ 1 + 0.1 μ, δ the tolerance × μ. There is no warm-up: a cold start makes no
/// request wrong. Where nobody tells client errors from successes it is no part of the family, and nothing waits for it.
/// </remarks>
internal sealed class ClientErrorSignal : Signal
{
    private static readonly Phi None = new(1, 1);

    private readonly Analysis analysis;
    private readonly Dispersion dispersion;
    private readonly RateEstimate rate = new(0.5, 500);
    private readonly MantelHaenszel strata = new();
    private readonly PairE harm;
    private readonly PairE[] nonInferiority;
    private readonly StatusCounts statuses = new();
    private double clumpBefore = 1;
    private bool isTold;

    public ClientErrorSignal(Analysis analysis, Weighting weighting, Baseline past)
        : base("client errors", weighting.ClientErrorsCritical, weighting.ClientErrors)
    {
        this.analysis = analysis;
        var tolerance = analysis.ClientErrors.WorseBy;
        harm = new PairE(PairForm.Rate, Bets.Harm, 1.10, tolerance / 5, Caps.Harm(analysis, Weight));
        nonInferiority = IsCritical
            ? [.. Margins.Multipliers.Select(m => new PairE(
                PairForm.Rate, Bets.NonInferiority, 1 + (0.1 * m), tolerance * m, Caps.NonInferiority(analysis)))]
            : [];
        Guard = new PairE(
            PairForm.Rate, Bets.Harm, ClientGuardSignal.Rho, ClientGuardSignal.Delta, Caps.Harm(analysis, weighting.ClientGuard));
        dispersion = new Dispersion(Spread.Errors, analysis.Tick.TotalSeconds);
        rate.Begin(past.ClientErrors, past.ClientRequests, past.Seconds);
    }

    /// <summary>The process of the guard, of the same counts.</summary>
    public PairE Guard { get; }

    /// <summary>All that was seen of both arms.</summary>
    public PairCounts Seen { get; private set; }

    /// <summary>φ of the last tick.</summary>
    public Phi Phi => dispersion.Last;

    public double StableRate => rate.Value;

    /// <summary>The ratio over ticks; NaN while there is none.</summary>
    public double Ratio => strata.Ratio is var ratio && double.IsFinite(ratio) ? ratio : double.NaN;

    public override bool IsTold => isTold;

    public override double HarmLogE => harm.LogE;

    public override bool HasMargins => isTold && nonInferiority.Length > 0;

    public override double ShownLogE(int margin) => nonInferiority[margin].LogE;

    public override long FailingUsers(in UserCounts candidate) => StatusCounts.FailingUsers(candidate);

    public override void Learn(in Tick tick)
    {
        if (!Tells(tick)) return;
        isTold = true;
        var pair = PairCounts.OfClientErrors(tick);
        rate.Update(pair.StableX, pair.StableN, tick.Seconds);
        statuses.Absorb(tick);
        Seen = Seen.Plus(pair);
    }

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        if (!Tells(tick)) return;
        isTold = true;
        var pair = PairCounts.OfClientErrors(tick);
        var phi = dispersion.Step(pair, look.CandidateWeight, rate.Value, look.Seconds, Floors(tick), None);
        Guard.Step(pair, rate.Value, phi.Harm, look.Share);
        harm.Step(pair, rate.Value, phi.Harm, look.Share);
        if (!look.HarmOnly)
            foreach (var process in nonInferiority) process.Step(pair, rate.Value, phi.NonInferiority, look.Share);
        rate.Update(pair.StableX, pair.StableN, look.Seconds);
        strata.Step(pair);
        statuses.Absorb(tick);
        Seen = Seen.Plus(pair);
    }

    /// <summary>An arm without a request has nothing to tell.</summary>
    private static bool Tells(in Tick tick)
    {
        var (stable, candidate) = (tick.Stable, tick.Candidate);
        return (stable.TellsClientErrors || candidate.TellsClientErrors)
            && (stable.TellsClientErrors || stable.Requests == 0) && (candidate.TellsClientErrors || candidate.Requests == 0);
    }

    /// <summary>The client errors of one user come together.</summary>
    private Phi Floors(in Tick tick)
    {
        var users = tick.StableUsers + tick.CandidateUsers;
        var clump = users.IsFull ? Evidence.FullTableFloor : users.ClientClump;
        var floors = new Phi(clump, Math.Max(clumpBefore, users.IsFull ? Evidence.FullTableFloor : 1));
        clumpBefore = clump;
        return floors;
    }

    public override double SecondsToShow(Evidence evidence, int margin, double bound)
    {
        var shown = nonInferiority[margin];
        var growth = Growth.OfRate(StableRate, StableRate, shown.Rho, shown.Delta, evidence.CandidateRps, evidence.StableRps);
        return Growth.Remaining(shown.LogE, bound, growth / Phi.NonInferiority);
    }

    public override bool IsBeyond(Evidence evidence, int margin) => nonInferiority[margin].IsBeyond(Seen);

    public override Finding? Find(Evidence evidence, int margin)
    {
        if (!isTold) return null;
        var proof = Proof.Of(evidence, this, margin);
        var words = nonInferiority.Length > 0 && nonInferiority[margin] is { } shown
            ? $"× {NumberText.Factor(shown.Rho)} + {NumberText.Points(shown.Delta)}"
            : $"× {NumberText.Factor(harm.Rho)} + {NumberText.Points(harm.Delta)}";
        return FindOf(Name, proof, $"{Words(evidence)}; {proof.Text(words)}");
    }

    /// <summary>A finding about the same counts.</summary>
    public Finding FindOf(string name, in Proof proof, string text)
    {
        var (stable, candidate) = ErrorSignal.Samples(Seen);
        return new Finding(name, proof.Verdict, Ratio, double.NaN, double.NaN, proof.LogE, proof.Bound, stable, candidate, text);
    }

    /// <summary>Both shares, and the status that makes most of the difference.</summary>
    public string Words(Evidence evidence)
    {
        var (stable, candidate) = ErrorSignal.Samples(Seen);
        var status = statuses.Dominating is { } dominating
            ? $" (mostly {dominating.Name}: {NumberText.Percent(dominating.Candidate)} of all against "
                + $"{NumberText.Percent(dominating.Stable)})"
            : "";
        return $"candidate client errors {SignalWords.Of(candidate)} against {SignalWords.Of(stable)}{evidence.WhereWords}{status}";
    }

    public override void Save(StateWriter to)
    {
        to.Count(isTold ? 1 : 0);
        // A kilobyte less where there is nothing to go on with.
        if (!isTold) return;
        dispersion.Save(to);
        rate.Save(to);
        strata.Save(to);
        harm.Save(to);
        foreach (var process in nonInferiority) process.Save(to);
        Guard.Save(to);
        Seen.Save(to);
        statuses.Save(to);
        to.Double(clumpBefore);
    }

    public override void Load(ref StateReader from)
    {
        if (from.Layout < Judge.LayoutWithClients) return;
        if (!(isTold = from.Index(2) == 1)) return;
        dispersion.Load(ref from);
        rate.Load(ref from);
        strata.Load(ref from);
        harm.Load(ref from);
        foreach (var process in nonInferiority) process.Load(ref from);
        Guard.Load(ref from);
        Seen = PairCounts.Load(ref from);
        statuses.Load(ref from);
        clumpBefore = from.Double();
    }
}

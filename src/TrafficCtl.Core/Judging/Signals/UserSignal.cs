using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>Broken users: users that reach their third error, of user sessions. Sees what is confined to a few users.</summary>
/// <remarks>
/// Statistics 3.4: harm ρ 1.1, δ a tenth of the tolerance; non-inferiority ρ 1 + 0.1 μ, δ the tolerance × μ. Users are
/// independent of each other, so there is no tempering and no warm-up.
/// </remarks>
internal sealed class UserSignal : Signal
{
    private readonly RateEstimate rate = new(0.5, 500);
    private readonly PairE harm;
    private readonly PairE[] nonInferiority;
    private readonly MantelHaenszel strata = new();
    private double candidatePerSecond, stablePerSecond;
    private PairCounts seen;

    public UserSignal(UserTolerance tolerance, Analysis analysis, Weighting weighting)
        : base("users", weighting.UsersCritical, weighting.Users)
    {
        harm = new PairE(PairForm.Rate, Bets.Harm, 1.1, tolerance.WorseBy / 10, Caps.Harm(analysis, weighting.Users));
        nonInferiority = [.. Margins.Multipliers.Select(m => new PairE(
            PairForm.Rate, Bets.NonInferiority, 1 + (0.1 * m), tolerance.WorseBy * m, Caps.NonInferiority(analysis)))];
    }

    public override double HarmLogE => harm.LogE;

    public override bool HasMargins => true;

    public override long FailingUsers(in UserCounts candidate) => candidate.Failing;

    public override double ShownLogE(int margin) => nonInferiority[margin].LogE;

    public override void Learn(in Tick tick) => rate.Update(tick.StableFlow.Broken, Sessions(tick.StableFlow), tick.Seconds);

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        // A table that could not hold all users knows nothing of the rest.
        var isKnown = !tick.StableUsers.IsFull && !tick.CandidateUsers.IsFull;
        var pair = isKnown
            ? new PairCounts(Sessions(tick.CandidateFlow), Broken(tick.CandidateFlow), Sessions(tick.StableFlow), Broken(tick.StableFlow))
            : default;
        harm.Step(pair, rate.Value, 1, look.Share);
        if (!look.HarmOnly)
            foreach (var process in nonInferiority) process.Step(pair, rate.Value, 1, look.Share);
        rate.Update(pair.StableX, pair.StableN, look.Seconds);
        strata.Step(pair);
        seen = seen.Plus(pair);
        Measure(pair, look.Seconds);
    }

    // A user may have come in an earlier window than the one that breaks it.
    private static double Broken(UserFlow flow) => Math.Max(0, flow.Broken);

    private static double Sessions(UserFlow flow) => Math.Max(Math.Max(0, flow.Sessions), Broken(flow));

    private void Measure(in PairCounts pair, double seconds)
    {
        if (seconds <= 0) return;
        var newest = Math.Min(1, seconds / 60);
        candidatePerSecond += newest * ((pair.CandidateN / seconds) - candidatePerSecond);
        stablePerSecond += newest * ((pair.StableN / seconds) - stablePerSecond);
    }

    public override double SecondsToShow(Evidence evidence, int margin, double bound)
    {
        var shown = nonInferiority[margin];
        if (candidatePerSecond <= 0 || stablePerSecond <= 0) return double.PositiveInfinity;
        var growth = Growth.OfRate(rate.Value, rate.Value, shown.Rho, shown.Delta, candidatePerSecond, stablePerSecond);
        return Growth.Remaining(shown.LogE, bound, growth);
    }

    public override bool IsBeyond(Evidence evidence, int margin) => nonInferiority[margin].IsBeyond(seen);

    public override Finding Find(Evidence evidence, int margin)
    {
        var shown = nonInferiority[margin];
        var proof = Proof.Of(evidence, this, margin);
        var (stable, candidate) = ErrorSignal.Samples(seen);
        var text = $"candidate users that meet a third error {SignalWords.Of(candidate)} against "
            + $"{SignalWords.Of(stable)}{evidence.WhereWords}; "
            + proof.Text($"× {NumberText.Factor(shown.Rho)} + {NumberText.Points(shown.Delta)}");
        var ratio = strata.Ratio;
        return new Finding(
            Name, proof.Verdict, double.IsFinite(ratio) ? ratio : double.NaN, double.NaN, double.NaN, proof.LogE, proof.Bound, stable,
            candidate, text);
    }

    public override void Save(StateWriter to)
    {
        rate.Save(to);
        harm.Save(to);
        foreach (var process in nonInferiority) process.Save(to);
        strata.Save(to);
        seen.Save(to);
        to.Doubles([candidatePerSecond, stablePerSecond]);
    }

    public override void Load(ref StateReader from)
    {
        rate.Load(ref from);
        harm.Load(ref from);
        foreach (var process in nonInferiority) process.Load(ref from);
        strata.Load(ref from);
        seen = PairCounts.Load(ref from);
        (candidatePerSecond, stablePerSecond) = (from.Double(), from.Double());
    }
}

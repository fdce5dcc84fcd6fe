using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>
/// The guard of client errors: against 3 × stable + 10 pp, from the first request on. Always critical; never shown, only watched.
/// </summary>
/// <remarks>
/// Ten points, where the guard of errors has one: a version that refuses a few per cent more may be right, and one that refuses a tenth
/// and more of what stable answers is not. Against a frozen past twice that, for five minutes.
/// </remarks>
internal sealed class ClientGuardSignal(ClientErrorSignal errors, Analysis analysis, Weighting weighting)
    : Signal("client guard", isCritical: true, weighting.ClientGuard)
{
    public const double Rho = 3, Delta = 0.10;

    private const double PastDelta = 2 * Delta;

    private readonly HistoricalE historical = new(Caps.Past(analysis, weighting.ClientGuard));
    private bool isTold;

    public override bool IsTold => isTold || errors.IsTold;

    public override double HarmLogE => errors.Guard.LogE;

    public override double PastWeight => Weight;

    public override double PastLogE => historical.LogE;

    public override long FailingUsers(in UserCounts candidate) => StatusCounts.FailingUsers(candidate);

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        // The process shares the dispersion of client errors, which steps it.
    }

    public override void ObservePast(in Tick tick, Baseline past, in Look look)
    {
        if (!tick.Candidate.TellsClientErrors || past.ClientRequests < LatencyBoundary.LeastHistory) return;
        isTold = true;
        var pair = PairCounts.OfClientErrors(tick);
        var phi = Math.Max(errors.Phi.Harm, tick.CandidateUsers.IsFull ? Evidence.FullTableFloor : tick.CandidateUsers.ClientClump);
        historical.Step(pair.CandidateN, pair.CandidateX, Limit(past), phi, look.Share);
    }

    private static double Limit(Baseline past) => (Rho * (past.ClientErrors + 0.5) / (past.ClientRequests + 500)) + PastDelta;

    public override Finding? Find(Evidence evidence, int margin)
    {
        if (!errors.IsTold) return null;
        var proof = Proof.Of(evidence, this, margin);
        return errors.FindOf(Name, proof, $"{errors.Words(evidence)}; more than × 3 + 10 pp: {proof.HarmText}");
    }

    public override Finding? FindPast(Evidence evidence)
    {
        if (!isTold) return null;
        var past = evidence.Past;
        var proof = Proof.OfPast(evidence, this);
        var stable = new Sample(past.ClientErrors, past.ClientRequests);
        var ratio = stable.Rate > 0 && historical.Seen.Requests > 0 ? historical.Seen.Rate / stable.Rate : double.NaN;
        var text = $"candidate client errors {SignalWords.Of(historical.Seen)} against {SignalWords.Of(stable)} of stable's past, at most "
            + $"{NumberText.Percent(Limit(past))}; {proof.HarmText}";
        return new Finding(
            Name + Proof.PastSuffix, proof.Verdict, ratio, double.NaN, double.NaN, proof.LogE, proof.Bound, stable, historical.Seen, text);
    }

    public override void Save(StateWriter to)
    {
        to.Count(isTold ? 1 : 0);
        if (!isTold) return;
        historical.Save(to);
    }

    public override void Load(ref StateReader from)
    {
        if (from.Layout < Judge.LayoutWithClients) return;
        if (!(isTold = from.Index(2) == 1)) return;
        historical.Load(ref from);
    }
}

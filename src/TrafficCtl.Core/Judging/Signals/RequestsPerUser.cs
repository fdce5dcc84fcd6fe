using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>Do the candidate's users make as many requests as stable's, within a tenth? Advisory; for sticky cohorts.</summary>
/// <remarks>
/// Statistics 3.7 (3): x = requests, n = users, φ = Σr²/Σr over users. Two processes of the rate form with δ = 0, where the
/// prediction of stable's rate cancels: more than ×1.1 and fewer than ÷1.1; E is their mean.
/// </remarks>
internal sealed class RequestsPerUser
{
    private const double Tolerance = 1.1;

    /// <summary>Any rate will do: with δ = 0 it cancels.</summary>
    private const double AnyRate = 0.5;

    private readonly PairE more = new(PairForm.Rate, Bets.Harm, Tolerance, 0, double.PositiveInfinity);
    private readonly PairE fewer = new(PairForm.Rate, Bets.NonInferiority, 1 / Tolerance, 0, double.PositiveInfinity);
    private readonly MantelHaenszel ratio = new();

    public double LogE => Weighting.LogSum([more.LogE, fewer.LogE]) - Math.Log(2);

    /// <summary>The candidate's requests a user over stable's.</summary>
    public double Ratio => ratio.Ratio;

    /// <param name="users">N: users of each arm in the tick; X: the requests they made.</param>
    /// <param name="phi">Σr²/Σr, at least 1.</param>
    public void Step(in PairCounts users, double phi, double share)
    {
        more.Step(users, AnyRate, Math.Max(1, phi), share);
        fewer.Step(users, AnyRate, Math.Max(1, phi), share);
        ratio.Step(users);
    }

    public void Save(StateWriter to)
    {
        more.Save(to);
        fewer.Save(to);
        ratio.Save(to);
    }

    public void Load(ref StateReader from)
    {
        more.Load(ref from);
        fewer.Load(ref from);
        ratio.Load(ref from);
    }
}

using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Estimates;

/// <summary>The ratio of two rates with every tick its own stratum: no pooling over weights, hence no Simpson's paradox.</summary>
/// <remarks>Statistics 3.5: Σ x_C n_B/N over Σ x_B n_C/N, N = n_C + n_B (Mantel and Haenszel's risk ratio).</remarks>
internal sealed class MantelHaenszel
{
    private double candidate, stable;

    /// <summary>The candidate's rate over stable's; infinity when only the candidate has events, NaN when neither has.</summary>
    public double Ratio => candidate / stable;

    public void Step(in PairCounts pair)
    {
        if (!pair.IsPair) return;
        var all = pair.CandidateN + pair.StableN;
        candidate += pair.CandidateX * pair.StableN / all;
        stable += pair.StableX * pair.CandidateN / all;
    }

    public void Save(StateWriter to) => to.Doubles([candidate, stable]);

    public void Load(ref StateReader from) => (candidate, stable) = (from.Double(), from.Double());
}

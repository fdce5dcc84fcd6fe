using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>Both arms since the rollout began, over all lives of the counters, and their rates.</summary>
internal sealed class Totals
{
    private readonly RateMeter stableMeter = new(), candidateMeter = new();

    /// <summary>What earlier lives counted.</summary>
    public ArmTotals StableCarried { get; private set; }

    public ArmTotals CandidateCarried { get; private set; }

    /// <summary>What this life counted.</summary>
    public ArmTotals Stable { get; private set; }

    public ArmTotals Candidate { get; private set; }

    public ArmRates StableRates { get; private set; }

    public ArmRates CandidateRates { get; private set; }

    /// <summary>The counters began anew, for the same rollout or for another one.</summary>
    public void BeginLife(bool isSameRollout) => (StableCarried, CandidateCarried) =
        isSameRollout ? (StableCarried + Stable, CandidateCarried + Candidate) : (default, default);

    /// <summary>What was saved counted up to there; the same source goes on counting, another began at 0.</summary>
    public void Resume(Resumed resumed, bool isSameSource)
    {
        StableCarried = isSameSource ? resumed.Stable.All - resumed.Stable.Now : resumed.Stable.All;
        CandidateCarried = isSameSource ? resumed.Candidate.All - resumed.Candidate.Now : resumed.Candidate.All;
    }

    /// <summary>How long ago the readings before were is not known.</summary>
    public void Rebase()
    {
        stableMeter.Reset();
        candidateMeter.Reset();
    }

    public void Count(Reading reading, Scratch scratch)
    {
        scratch.Begin(reading);
        foreach (var arm in reading.Arms) scratch.Add(arm);
        var (stable, candidate) = (scratch.Stable, scratch.Candidate);
        Stable = ArmTotals.Of(stable);
        Candidate = ArmTotals.Of(candidate);
        StableRates = Rates(stableMeter, stable, Stable, StableCarried, reading.At);
        CandidateRates = Rates(candidateMeter, candidate, Candidate, CandidateCarried, reading.At);
    }

    private static ArmRates Rates(RateMeter meter, Counts cumulative, ArmTotals now, ArmTotals carried, DateTimeOffset at)
    {
        meter.Absorb(at, cumulative, now);
        return meter.Rates(cumulative, now, carried + now, at);
    }
}

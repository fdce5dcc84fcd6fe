using TrafficCtl.Core.Judging;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>The last checkpoint of all the evidence that the store holds: what a later one may say only the difference to.</summary>
/// <param name="Seal">The seal of its bytes (<see cref="EvidenceBytes.SealOf"/>).</param>
/// <param name="Judge">That it is of; another judge has another history.</param>
/// <param name="Ticks">In the judge's evidence then.</param>
/// <param name="First">The number, in the recording, of the tick after it.</param>
/// <param name="Gaps">Times that ticks were left out of the recording until then.</param>
/// <param name="PastVersion">The version of stable's past outside of the judge.</param>
internal sealed record SavedWhole(uint Seal, Judge Judge, long Ticks, long First, int Gaps, int PastVersion)
{
    /// <summary>After so many differences all is saved again: a restart has to absorb no more than five minutes of ticks.</summary>
    public const int MostDeltas = 30;

    /// <summary>Checkpoints since then that said only the difference.</summary>
    public int Deltas { get; init; }
}

using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>What all signals share of one tick.</summary>
/// <param name="Seconds">The tick's length.</param>
/// <param name="Elapsed">Seconds since the candidate's first traffic, this tick included.</param>
/// <param name="CandidateWeight">The asked share of the candidate, 0..1.</param>
/// <param name="Floors">The least φ of errors, from clumps of users: with this tick, and before it.</param>
/// <param name="HarmOnly">The arms differ by more than the version, so nothing may be shown to be no worse.</param>
/// <param name="SkipsLatency">The candidate's share has just jumped: its caches and pools are cold.</param>
internal readonly record struct Look(
    double Seconds, double Elapsed, double CandidateWeight, Phi Floors, bool HarmOnly, bool SkipsLatency)
{
    /// <summary>The part of the wealth that is re-spread.</summary>
    public double Share => Bets.Share(Seconds, Elapsed);
}

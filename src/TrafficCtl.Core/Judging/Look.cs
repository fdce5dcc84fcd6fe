namespace TrafficCtl.Core.Judging;

/// <summary>What all signals share of one tick.</summary>
/// <param name="Seconds">The tick's length.</param>
/// <param name="Share">The part of the wealth that is re-spread.</param>
/// <param name="CandidateWeight">The asked share of the candidate, 0..1.</param>
/// <param name="Floors">The least φ of errors, from clumps of users: with this tick, and before it.</param>
/// <param name="IsWarm">The candidate's start-up is over for this signal.</param>
/// <param name="HarmOnly">The arms differ by more than the version, so nothing may be shown to be no worse.</param>
internal readonly record struct Look(
    double Seconds, double Share, double CandidateWeight, Phi Floors, bool IsWarm, bool HarmOnly);

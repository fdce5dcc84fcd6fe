namespace TrafficCtl.Core.Judging.Estimates;

/// <summary>What a process of pairs absorbs of one tick.</summary>
/// <param name="Pair">The counts of both arms.</param>
/// <param name="StableRate">A prediction of stable's rate, made before this tick.</param>
/// <param name="Phi">The divisor of its evidence, at least 1.</param>
internal readonly record struct PairStep(PairCounts Pair, double StableRate, double Phi);

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>Where the counters stood when the evidence was saved: the same source goes on from there, another one from 0.</summary>
/// <param name="Source">The source of the counters; null when there was none.</param>
/// <param name="StepAt">The counter behind the step's evidence.</param>
/// <param name="Stable">The counter of this life, and the sum of all lives.</param>
/// <param name="Candidate">The same of the candidate.</param>
internal sealed record Resumed(
    string? Source, long StepAt, (ArmTotals Now, ArmTotals All) Stable, (ArmTotals Now, ArmTotals All) Candidate);

using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Recording;

/// <summary>One tick as the live judge absorbed it, with what is needed beside it to judge it again.</summary>
/// <param name="At">The end of its interval.</param>
/// <param name="Before">
/// Ticks in the judge's evidence before this one: a number that does not follow tells of ticks that are missing.
/// </param>
/// <param name="Comparison">How it was judged; never <see cref="Comparison.None"/>.</param>
/// <param name="Cohort">In whom; null for the general population.</param>
/// <param name="Generation">
/// The rollout's generation when it was absorbed: a decision saved as a higher one was made with this tick, one of the same or a lower
/// one without it.
/// </param>
/// <param name="Tick">
/// As absorbed, but for bytes, what is in flight and Σ latency, which no verdict rests on. Its counts may be reused.
/// </param>
/// <param name="Begins">Where a judge began with this tick; null where it went on.</param>
public readonly record struct RecordedTick(
    DateTimeOffset At, long Before, Comparison Comparison, string? Cohort, long Generation, Tick Tick, Beginning? Begins = null);

/// <summary>A judge without evidence.</summary>
/// <param name="Cause">Why it is not the one before.</param>
/// <param name="Analysis">The analysis in force, in the bytes of whoever records.</param>
/// <param name="Baseline">Stable's past that it began with, as <c>Baseline.Save</c> writes it.</param>
public sealed record Beginning(BeginCause Cause, ReadOnlyMemory<byte> Analysis, ReadOnlyMemory<byte> Baseline);

public enum BeginCause
{
    /// <summary>The rollout's first tick.</summary>
    First,

    /// <summary>Another cohort is compared from here on.</summary>
    Population,

    /// <summary>The file asks for another analysis from here on.</summary>
    Tolerances,

    /// <summary>A restart could not bring the evidence back.</summary>
    Lost,

    /// <summary>The buckets of the latency histograms are others from here on.</summary>
    Buckets,
}

using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Estimates;

/// <summary>
/// Gathers a metric's ticks into blocks of a minute or more: means weighted by seconds, over the ticks where both arms have a reading.
/// </summary>
/// <remarks>A value that is not finite or is negative is no reading; a zero is one, for quiet ticks are a part of the mean.</remarks>
internal sealed class GaugeBlock
{
    public const double Seconds = 60;

    private double elapsed, heard, stable, candidate;

    /// <summary>Absorbs a tick.</summary>
    /// <param name="mean">The mean of the block that the tick ended, NaN in both arms when it held no reading.</param>
    /// <param name="seconds">The length of that block.</param>
    /// <returns>The tick ended a block.</returns>
    public bool Add(in MetricPair tick, double tickSeconds, out MetricPair mean, out double seconds)
    {
        elapsed += tickSeconds;
        if (IsReading(tick.Stable) && IsReading(tick.Candidate))
        {
            heard += tickSeconds;
            stable += tick.Stable * tickSeconds;
            candidate += tick.Candidate * tickSeconds;
        }

        seconds = elapsed;
        mean = heard > 0 ? new MetricPair(stable / heard, candidate / heard) : new MetricPair(double.NaN, double.NaN);
        if (elapsed < Seconds - 1e-9) return false;
        (elapsed, heard, stable, candidate) = (0, 0, 0, 0);
        return true;
    }

    /// <summary>y = ln(candidate / stable); NaN unless both are positive and finite.</summary>
    public static double LogRatio(in MetricPair mean) =>
        mean.Stable > 0 && mean.Candidate > 0 && double.IsFinite(mean.Stable) && double.IsFinite(mean.Candidate)
            ? Math.Log(mean.Candidate) - Math.Log(mean.Stable)
            : double.NaN;

    private static bool IsReading(double value) => double.IsFinite(value) && value >= 0;

    public void Save(StateWriter to) => to.Doubles([elapsed, heard, stable, candidate]);

    public void Load(ref StateReader from) =>
        (elapsed, heard, stable, candidate) = (from.Double(), from.Double(), from.Double(), from.Double());
}

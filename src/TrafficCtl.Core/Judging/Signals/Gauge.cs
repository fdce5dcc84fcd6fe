using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>One custom metric or gauge of saturation: harm and non-inferiority, in the direction that is worse.</summary>
/// <remarks>
/// Statistics 3.4 and 3.6: non-inferiority at the tolerance, harm at two thirds of it (0.15 is ×1.15 and ×1.10), both as
/// factors: where higher is better the same factors divide. Where it should stay as it is, harm is the mean of
/// both sides' e-values and non-inferiority needs both. Ticks before the warm-up of 120 s are not looked at.
/// </remarks>
internal sealed class Gauge
{
    public const double WarmUpSeconds = 120;

    private readonly double[] signs;
    private readonly GaugeE[] harm;
    private readonly GaugeE[] nonInferiority;
    private readonly GaugeBlock block = new();

    /// <param name="worseBy">Non-inferiority margin as a fraction, above 0.</param>
    /// <param name="harmCap">ln of the most that a block may multiply harm's e-value.</param>
    /// <param name="nonInferiorityCap">The same of non-inferiority's.</param>
    /// <param name="limit">Where the metric ends (bytes of memory that are there), for the leak check; NaN for none.</param>
    public Gauge(Direction direction, double worseBy, double harmCap, double nonInferiorityCap, double limit = double.NaN)
    {
        signs = direction switch { Direction.Lower => [1], Direction.Higher => [-1], _ => [1, -1] };
        harm = [.. signs.Select(_ => new GaugeE(Math.Log(1 + (worseBy * 2 / 3)), +1, harmCap))];
        nonInferiority = [.. signs.Select(_ => new GaugeE(Math.Log(1 + worseBy), -1, nonInferiorityCap))];
        Trend = double.IsNaN(limit) ? null : new GrowthTrend(limit);
    }

    /// <summary>ln E of "worse than two thirds of the tolerance"; 0 without readings.</summary>
    public double HarmLogE => harm.Length == 1
        ? harm[0].LogE
        : Weighting.LogSum([harm[0].LogE, harm[1].LogE]) - Math.Log(2);

    /// <summary>ln E of "no worse than the tolerance"; 0 without readings.</summary>
    public double NonInferiorityLogE => nonInferiority.Length == 1
        ? nonInferiority[0].LogE
        : Math.Min(nonInferiority[0].LogE, nonInferiority[1].LogE);

    /// <summary>Blocks with a reading.</summary>
    public long Blocks { get; private set; }

    /// <summary>candidate / stable, the geometric mean over blocks; NaN without a reading.</summary>
    public double Ratio => Blocks > 0 ? Math.Exp(signs[0] * harm[0].Mean) : double.NaN;

    /// <summary>The mean of what was seen is worse than this, in a direction that is worse.</summary>
    public bool IsBeyond(double worseBy)
    {
        foreach (var side in harm)
            if (Blocks > 0 && side.Mean > Math.Log(1 + worseBy)) return true;
        return false;
    }

    /// <summary>The leak check; null when no limit is declared.</summary>
    public GrowthTrend? Trend { get; }

    /// <param name="seconds">The tick's length.</param>
    /// <param name="elapsed">Seconds since the candidate's first traffic, the tick included.</param>
    public void Observe(in MetricPair tick, double seconds, double elapsed)
    {
        if (elapsed <= WarmUpSeconds || !block.Add(tick, seconds, out var mean, out var blockSeconds)) return;
        Trend?.Observe(mean, elapsed);
        var y = GaugeBlock.LogRatio(mean);
        if (double.IsNaN(y)) return;
        Blocks++;
        var share = Bets.Share(blockSeconds, elapsed);
        for (var i = 0; i < signs.Length; i++)
        {
            harm[i].Step(signs[i] * y, share);
            nonInferiority[i].Step(signs[i] * y, share);
        }
    }

    public void Save(StateWriter to)
    {
        block.Save(to);
        foreach (var process in harm) process.Save(to);
        foreach (var process in nonInferiority) process.Save(to);
        Trend?.Save(to);
        to.Count(Blocks);
    }

    public void Load(ref StateReader from)
    {
        block.Load(ref from);
        foreach (var process in harm) process.Load(ref from);
        foreach (var process in nonInferiority) process.Load(ref from);
        Trend?.Load(ref from);
        Blocks = from.Count();
    }
}

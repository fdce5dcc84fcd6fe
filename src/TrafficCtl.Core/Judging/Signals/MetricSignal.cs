using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>A custom metric or a gauge of saturation: means per unit of work, compared by the minute.</summary>
internal sealed class MetricSignal : Signal
{
    private readonly MetricTolerance tolerance;
    private readonly int index;
    private readonly Gauge gauge;

    /// <param name="index">Its place in <c>Analysis.Metrics</c> and <c>Tick.Metrics</c>.</param>
    public MetricSignal(MetricTolerance tolerance, int index, Analysis analysis, double weight)
        : base(tolerance.Name, tolerance.Then == Consequence.Rollback, weight)
    {
        (this.tolerance, this.index) = (tolerance, index);
        gauge = new Gauge(
            tolerance.Direction, tolerance.WorseBy, Caps.Harm(analysis, weight), Caps.NonInferiority(analysis),
            tolerance.Limit ?? double.NaN);
    }

    public override double HarmLogE => gauge.HarmLogE;

    public override bool HasMargins => true;

    /// <summary>It grows towards its limit, and may be there within a day.</summary>
    public bool IsLeaking => gauge.Trend is { IsLeaking: true };

    // A gauge has one margin: a wider one would cost a process each for little.
    public override double ShownLogE(int margin) => gauge.NonInferiorityLogE;

    public override double SecondsToShow(Evidence evidence, int margin, double bound) =>
        gauge.Blocks == 0
            ? double.PositiveInfinity
            : GaugeBlock.Seconds * Math.Ceiling(Math.Max(0, bound - gauge.NonInferiorityLogE) / GrowthPerBlock);

    public override bool IsBeyond(Evidence evidence, int margin) => gauge.IsBeyond(tolerance.WorseBy);

    // The growth of the best bet (λ 0.9) on a residual at half its clip.
    private static readonly double GrowthPerBlock = Math.Log(1.45);

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        if (look.HarmOnly) return;
        var reading = tick.Metrics is { } metrics && index < metrics.Length ? metrics[index] : new MetricPair(double.NaN, double.NaN);
        gauge.Observe(reading, look.Seconds, look.Elapsed);
    }

    public override Finding Find(Evidence evidence, int margin)
    {
        var proof = Proof.Of(evidence, this, margin);
        var way = tolerance.Direction switch
        {
            Direction.Higher => "higher is better",
            Direction.Lower => "lower is better",
            _ =>
            "it should stay"
        };
        var blocks = new Sample(0, gauge.Blocks);
        var text = gauge.Blocks == 0
            ? $"{Name}: no reading of both arms yet"
            : $"candidate {Name} × {NumberText.Factor(gauge.Ratio)} of stable's over "
                + $"{DurationText.Of(TimeSpan.FromMinutes(gauge.Blocks))} ({way}); "
              + proof.Text(NumberText.Percent(tolerance.WorseBy));
        if (IsLeaking)
            text += $"; it grows towards its limit, at the earliest in {DurationText.OfSeconds(gauge.Trend!.SecondsToLimit.Low)}";
        return new Finding(Name, proof.Verdict, gauge.Ratio, double.NaN, double.NaN, proof.LogE, proof.Bound, blocks, blocks, text);
    }

    public override void Save(StateWriter to) => gauge.Save(to);

    public override void Load(ref StateReader from) => gauge.Load(ref from);
}

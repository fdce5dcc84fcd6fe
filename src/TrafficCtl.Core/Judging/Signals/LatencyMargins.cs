using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>
/// The tolerances of latency in what a layout can show: whole buckets where they are fine, ratios of shares where they are coarse.
/// </summary>
internal sealed class LatencyMargins
{
    private readonly double worseBy;
    private readonly LatencyLayout layout;
    private readonly int[] shifts;

    private LatencyMargins(double worseBy, LatencyLayout layout)
    {
        (this.worseBy, this.layout) = (worseBy, layout);
        shifts = [.. Margins.Multipliers.Select(m => Buckets(worseBy * m))];
        HarmShift = Buckets(worseBy / 2);
        HistoricalShift = Buckets(worseBy / 2 * 3);
    }

    /// <summary>Buckets by which u is shifted for harm; 0 in coarse buckets.</summary>
    public int HarmShift { get; }

    public int HistoricalShift { get; }

    /// <summary>Buckets that must be left above u, or a test of harm would lose a part of its tolerance.</summary>
    public int MostHarmShift => Math.Max(HarmShift, HistoricalShift);

    public static LatencyMargins Of(Analysis analysis, LatencyLayout layout) => new(analysis.Latency.WorseBy, layout);

    public int Shift(int margin) => shifts[margin];

    /// <summary>What the share slower than u may grow by, for harm.</summary>
    public double HarmRatio(LatencyBoundary u) => Math.Pow(1 + (worseBy / 2), u.Steep);

    public double HistoricalRatio(LatencyBoundary u) => Math.Pow(1 + (worseBy / 2 * 3), u.Steep);

    public double Ratio(LatencyBoundary u, int margin) => Math.Pow(1 + (worseBy * Margins.Multipliers[margin]), u.Flat);

    /// <summary>The margin that is really shown, in words.</summary>
    public string Words(int margin) => layout.IsFine
        ? Signals.SignalWords.Shift(layout, shifts[margin])
        : NumberText.Percent(worseBy * Margins.Multipliers[margin]);

    /// <summary>The same as a factor of the quantile.</summary>
    public double Factor(int margin) =>
        layout.IsFine ? Math.Exp(shifts[margin] * layout.LogRatio) : 1 + (worseBy * Margins.Multipliers[margin]);

    private int Buckets(double shift) => layout.IsFine ? Margins.Buckets(layout, shift) : 0;
}

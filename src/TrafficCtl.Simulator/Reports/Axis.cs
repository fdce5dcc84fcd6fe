using System.Globalization;

namespace TrafficCtl.Simulator.Reports;

/// <summary>Where a value lies between the ends of a plot, 0..1, and which values are marked.</summary>
internal sealed class Axis
{
    private readonly Func<double, double> scale;
    private readonly double from, to;

    private Axis(Func<double, double> scale, double from, double to, double[] ticks, Func<double, string> word)
    {
        (this.scale, this.from, this.to) = (scale, scale(from), scale(to));
        Ticks = [.. ticks.Where(t => t >= from && t <= to).Select(t => (At(t), word(t)))];
    }

    public (double At, string Word)[] Ticks { get; }

    public double At(double value) => Math.Clamp((scale(value) - from) / (to - from), 0, 1);

    /// <summary>0 to 100 %, drawn out near 0, where the promises are.</summary>
    public static Axis Percent() => new(
        static share => Math.Log(1 + (share / 0.005)), 0, 1, [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
        static t => (t * 100).ToString("0.#", CultureInfo.InvariantCulture) + " %");

    /// <summary>Logarithmic, from the decade below the least to the decade above the most; below 1 it ends.</summary>
    public static Axis Decades(IEnumerable<double> values, double least)
    {
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values) (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (low > high) (low, high) = (least, least * 10);
        var first = Math.Max(least, Math.Pow(10, Math.Floor(Math.Log10(Math.Max(low, least)))));
        var last = Math.Max(first * 10, Math.Pow(10, Math.Ceiling(Math.Log10(Math.Max(high, least)))));
        var ticks = Enumerable.Range(0, 20).Select(i => first * Math.Pow(10, i)).ToArray();
        return new(static v => Math.Log(Math.Max(v, 1e-12)), first, last, ticks, Word);
    }

    private static string Word(double value) => value switch
    {
        >= 1e6 => (value / 1e6).ToString("0.##", CultureInfo.InvariantCulture) + " M",
        >= 1e3 => (value / 1e3).ToString("0.##", CultureInfo.InvariantCulture) + " k",
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}

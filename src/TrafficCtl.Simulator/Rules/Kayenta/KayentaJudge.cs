using TrafficCtl.Core.Judging.Ranks;

namespace TrafficCtl.Simulator.Rules.Kayenta;

internal enum KayentaLabel
{
    Pass,
    High,
    Low,
    NoData,
    NoDataFails,

    /// <summary>The statistic could not be computed; not counted.</summary>
    Error,
}

/// <param name="Low">The lower end of the 98 % interval of experiment − control; NaN where a short cut decided.</param>
/// <param name="High">The upper end of the interval.</param>
/// <param name="Shift">The estimate.</param>
/// <param name="Effect">NaN when it has none.</param>
/// <param name="IsCritical">Fails the whole run.</param>
internal sealed record KayentaResult(KayentaLabel Label, double Low, double High, double Shift, double Effect, bool IsCritical)
{
    public static KayentaResult Short(KayentaLabel label, bool isCritical = false) =>
        new(label, double.NaN, double.NaN, double.NaN, double.NaN, isCritical);
}

/// <summary>NetflixACAJudge-v1.0, one metric: statistics 1.</summary>
/// <param name="solverTolerance">The absolute tolerance of the roots of W(μ), in the metric's unit; Kayenta's is 1e-4.</param>
internal sealed class KayentaJudge(double solverTolerance = 1e-4)
{
    /// <summary>The normal quantile of the 98 % interval.</summary>
    private const double Z = 2.3263478740408408;

    /// <summary>Part of the estimated shift that the interval must stay clear of zero by.</summary>
    private const double Tolerance = 0.25;

    /// <param name="control">One value a minute; NaN: not measured.</param>
    /// <param name="experiment">One value a minute; NaN: not measured.</param>
    public KayentaResult Classify(IEnumerable<double> control, IEnumerable<double> experiment, KayentaMetric metric)
    {
        var (y, x) = (KayentaSample.Transformed(control, metric), KayentaSample.Transformed(experiment, metric));

        // Short cuts, in Kayenta's order.
        if (x.Length == 0 || y.Length == 0) return Empty(metric);
        if (x.SequenceEqual(y)) return KayentaResult.Short(KayentaLabel.Pass);
        var (isFlatX, isFlatY) = (x[0] == x[^1], y[0] == y[^1]);
        if (isFlatX && isFlatY && x[0] == y[0]) return KayentaResult.Short(KayentaLabel.Pass);
        var effect = Effect(x, y, metric);
        if (isFlatX && isFlatY) (x, y) = (KayentaSample.Spread(x), KayentaSample.Spread(y));
        if (x.Length == 1 && y.Length == 1) return KayentaResult.Short(KayentaLabel.Error);

        var (low, high, shift) = (Limit(x, y, Z), Limit(x, y, -Z), Root(x, y, 0));
        return Labelled(low, high, shift, effect, metric);
    }

    private static KayentaResult Empty(KayentaMetric metric) => metric switch
    {
        { ReplacesNaN: true } => KayentaResult.Short(KayentaLabel.Pass),
        { MustHaveData: true, IsCritical: false } => KayentaResult.Short(KayentaLabel.NoDataFails),
        _ => KayentaResult.Short(KayentaLabel.NoData, metric.IsCritical),
    };

    private static KayentaResult Labelled(double low, double high, double shift, double effect, KayentaMetric metric)
    {
        var clear = Tolerance * Math.Abs(shift);
        var isHigh = metric.Direction != KayentaDirection.Decrease
            && low > clear
            && !(effect < (metric.AllowedIncrease ?? metric.NoEffect));
        var isLow = metric.Direction != KayentaDirection.Increase
            && high < -clear
            && !(effect > (metric.AllowedDecrease ?? metric.NoEffect));
        var isCritical = metric.IsCritical
            && ((isHigh && !(effect < (metric.CriticalIncrease ?? metric.NoEffect)))
                || (isLow && !(effect > (metric.CriticalDecrease ?? metric.NoEffect))));
        return new KayentaResult(
            isHigh ? KayentaLabel.High : isLow ? KayentaLabel.Low : KayentaLabel.Pass, low, high, shift, effect, isCritical);
    }

    private static double Effect(double[] x, double[] y, KayentaMetric metric)
    {
        if (metric.Effect == KayentaEffect.CommonLanguage) return MannWhitney.Test(x, y).U / ((double)x.Length * y.Length);
        var (experiment, control) = (x.Average(), y.Average());
        return experiment == 0 || control == 0 ? double.NaN : experiment / control;
    }

    /// <summary>An end of the interval: the end of all differences where W does not reach the quantile.</summary>
    private double Limit(double[] x, double[] y, double z)
    {
        var (least, most) = (x[0] - y[^1], x[^1] - y[0]);
        if (MannWhitney.W(x, y, least) <= z) return least;
        return MannWhitney.W(x, y, most) >= z ? most : Root(x, y, z);
    }

    private double Root(double[] x, double[] y, double z) =>
        BrentRoot.Find(mu => MannWhitney.W(x, y, mu) - z, x[0] - y[^1], x[^1] - y[0], solverTolerance);
}

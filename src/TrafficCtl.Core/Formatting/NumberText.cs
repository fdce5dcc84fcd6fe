using System.Globalization;

namespace TrafficCtl.Core.Formatting;

/// <summary>
/// Numbers for a reader, one format for each kind, the same in every country, with no more digits than a measurement carries.
/// </summary>
public static class NumberText
{
    private const int MostDecimals = 8;

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    /// <summary><c>5,920</c>.</summary>
    public static string Count(double count) => count.ToString("#,0", Plain);

    /// <summary>A weight in basis points, exactly: <c>5 %</c>, <c>12.5 %</c>.</summary>
    public static string Share(int basisPoints) => (basisPoints / 100m).ToString("0.##", Plain) + " %";

    /// <summary>
    /// A fraction that was measured: <c>12.3 %</c>, <c>5.1 %</c>, <c>0.12 %</c>, <c>0.0031 %</c>; as many digits near 100 %, so that
    /// <c>99.97 %</c> is not 100 %.
    /// </summary>
    public static string Percent(double fraction)
    {
        var percent = fraction * 100;
        if (!double.IsFinite(percent)) return "unknown";
        var toNearer = Math.Abs(percent) <= 100 ? Math.Min(Math.Abs(percent), 100 - Math.Abs(percent)) : double.PositiveInfinity;
        return Trimmed(percent, double.IsPositiveInfinity(toNearer) ? 0 : Math.Max(1, DecimalsFor(toNearer, 2))) + " %";
    }

    /// <summary>A difference of fractions: <c>0.1 pp</c>.</summary>
    public static string Points(double fraction) => Trimmed(fraction * 100, DecimalsFor(fraction * 100, 3)) + " pp";

    /// <summary>Per second, without the unit: <c>0.25</c>, <c>7.5</c>, <c>1,350</c>.</summary>
    public static string Rate(double perSecond) =>
        Math.Abs(perSecond) < 10 ? Trimmed(perSecond, DecimalsFor(perSecond, 2)) : Count(perSecond);

    /// <summary>A quotient: <c>0.97</c>, <c>1.25</c>, <c>12</c>.</summary>
    public static string Factor(double quotient) =>
        Math.Abs(quotient) < 10 ? Trimmed(quotient, Math.Max(2, DecimalsFor(quotient, 2))) : Count(quotient);

    /// <summary>An e-value: <c>0.31</c>, <c>2.5</c>, <c>1,230</c>, <c>10^9</c>.</summary>
    public static string Evidence(double e) => LogEvidence(Math.Log(e));

    /// <summary>An e-value by its natural logarithm.</summary>
    public static string LogEvidence(double logE) => logE switch
    {
        double.NaN => "unknown",
        double.NegativeInfinity => "0",
        < 6.9 => Trimmed(Math.Exp(logE), Math.Min(2, DecimalsFor(Math.Exp(logE), 3))),
        < 13.8 => Significant(Math.Exp(logE), 3),
        _ => "10^" + (logE / Math.Log(10)).ToString("0", Plain),
    };

    /// <summary>Any other number, with at most so many digits that count.</summary>
    public static string Significant(double number, int digits)
    {
        if (!double.IsFinite(number)) return "unknown";
        var decimals = DecimalsFor(number, digits);
        if (decimals > 0 || Math.Abs(number) < 1) return Trimmed(number, decimals);
        var unit = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(number))) + 1 - digits);
        return Count(Math.Round(number / unit) * unit);
    }

    /// <summary>How many decimals show so many digits from the first one that is not 0.</summary>
    private static int DecimalsFor(double number, int digits) =>
        number == 0 || !double.IsFinite(number)
            ? 0
            : Math.Clamp(digits - 1 - (int)Math.Floor(Math.Log10(Math.Abs(number))), 0, MostDecimals);

    private static string Trimmed(double number, int decimals)
    {
        var text = number.ToString(decimals == 0 ? "#,0" : "#,0." + new string('#', decimals), Plain);
        return text == "-0" ? "0" : text;
    }
}

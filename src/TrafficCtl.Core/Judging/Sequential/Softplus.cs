using System.Numerics;

namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>ln(1 + eˣ) on a grid of x without a logarithm: a table, and from its nearest point four terms of Taylor's series.</summary>
/// <remarks>
/// With σ = 1/(1 + e⁻ˣ) and d = σ(1 − σ): s(x + h) = s + h (σ + h d/2 (1 + h (1 − 2σ)/3 + h² (1 − 6d)/12)); for
/// |h| ≤ 0.01 the rest is below 2e-13.
/// </remarks>
internal readonly struct Softplus
{
    /// <summary>The points' distance.</summary>
    public const double Step = 0.02;

    private const double Most = 40;
    private const int Middle = (int)(Most / Step);

    private static readonly double[] Values = Table(x => x > 0 ? x + Math.Log(1 + Math.Exp(-x)) : Math.Log(1 + Math.Exp(x)));
    private static readonly double[] Slopes = Table(x => 1 / (1 + Math.Exp(-x)));

    private readonly int first;
    private readonly double h;

    /// <param name="offset">Added to every x; cut to ±30, beyond which an arm has no part of the traffic.</param>
    /// <param name="from">x of the first point, a multiple of the step, at least −5.</param>
    public Softplus(double offset, double from)
    {
        Offset = Math.Clamp(offset, -30, 30);
        var nearest = Math.Round(Offset / Step);
        h = Offset - (nearest * Step);
        first = Middle + (int)nearest + (int)Math.Round(from / Step);
    }

    /// <summary>The offset that is used.</summary>
    public double Offset { get; }

    /// <summary>The values at a whole vector of points, from the i-th on.</summary>
    public Vector<double> At(int i)
    {
        var one = Vector<double>.One;
        var (s, slope) = (new Vector<double>(Values, first + i), new Vector<double>(Slopes, first + i));
        var d = slope * (one - slope);
        var inner = one + ((one - (slope * 2)) * (h / 3)) + ((one - (d * 6)) * (h * h / 12));
        return s + ((slope + (d * inner * (h / 2))) * h);
    }

    private static double[] Table(Func<double, double> of) => [.. Enumerable.Range(-Middle, (2 * Middle) + 1).Select(i => of(i * Step))];
}

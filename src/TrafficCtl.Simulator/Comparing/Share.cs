namespace TrafficCtl.Simulator.Comparing;

/// <summary>A share of runs with Wilson's 95 % interval (1927), which is honest at 0 and 1 too.</summary>
public readonly record struct Share(int Count, int Of)
{
    private const double Z = 1.959963984540054;

    /// <summary>NaN of nothing.</summary>
    public double Value => Count / (double)Of;

    public double Low => Math.Max(0, Middle - Reach);

    public double High => Math.Min(1, Middle + Reach);

    private double Middle => (Value + (Z * Z / (2 * Of))) / (1 + (Z * Z / Of));

    private double Reach => Z / (1 + (Z * Z / Of)) * Math.Sqrt((Value * (1 - Value) / Of) + (Z * Z / (4.0 * Of * Of)));
}

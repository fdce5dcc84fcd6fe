namespace TrafficCtl.Simulator.Chances;

/// <summary>ln n!, from a table or by Stirling's series, whose error beyond the table is below 1e-15 of the value.</summary>
internal static class LogFactorial
{
    private static readonly double[] Table = Fill(1024);

    public static double Of(long n)
    {
        if (n < Table.Length) return Table[n];
        double x = n + 1, inverse = 1 / x, square = inverse * inverse;
        return ((x - 0.5) * Math.Log(x)) - x
            + 0.91893853320467274178
            + (inverse * ((1.0 / 12) - (square * ((1.0 / 360) - (square / 1260)))));
    }

    private static double[] Fill(int count)
    {
        var table = new double[count];
        for (var n = 1; n < count; n++) table[n] = table[n - 1] + Math.Log(n);
        return table;
    }
}

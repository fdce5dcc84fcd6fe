namespace TrafficCtl.Core.Signals;

/// <summary>The one latency layout: geometric buckets of ratio 1.05^(1/3) from 0.1 ms to beyond 100 s.</summary>
/// <remarks>
/// A bucket's geometric middle is at most 0.82 % off any value in it, and a shift of 5 % is exactly three buckets.
/// Bucket 0 holds all up to 0.1 ms; the last one is the overflow (also of requests that met their deadline).
/// </remarks>
public static class LatencyBuckets
{
    public const double FirstUpperSeconds = 0.0001;

    /// <summary>ln of the ratio between neighbouring upper edges.</summary>
    public static readonly double LogRatio = Math.Log(1.05) / 3;

    public static readonly double Ratio = Math.Exp(LogRatio);

    /// <summary>Finite upper edges; the overflow bucket has none.</summary>
    public static readonly int FiniteCount = (int)Math.Ceiling(Math.Log(1_000_000) / LogRatio) + 1;

    public static readonly int Count = FiniteCount + 1;

    public static int Overflow => Count - 1;

    /// <summary>The upper edge of a bucket in seconds; infinity for the overflow.</summary>
    public static double UpperSeconds(int bucket) =>
        bucket >= Overflow ? double.PositiveInfinity : FirstUpperSeconds * Math.Exp(bucket * LogRatio);

    /// <summary>The bucket whose range (lower, upper] holds the value.</summary>
    public static int IndexOf(double seconds)
    {
        if (!(seconds > FirstUpperSeconds)) return 0;
        var index = (int)Math.Ceiling((Math.Log(seconds / FirstUpperSeconds) / LogRatio) - 1e-9);
        return Math.Min(index, Overflow);
    }
}

namespace TrafficCtl.Core.Signals;

/// <summary>The latency layout of route groups: geometric buckets of ratio √2 from 0.5 ms to 65 s, and the overflow.</summary>
public static class PathBuckets
{
    public const double FirstUpperSeconds = 0.0005;

    /// <summary>Buckets, the overflow included.</summary>
    public const int Count = 36;

    public const int Overflow = Count - 1;

    private static readonly byte[] OfProxy =
        [.. Enumerable.Range(0, LatencyBuckets.Count).Select(b => (byte)IndexOf(LatencyBuckets.UpperSeconds(b)))];

    /// <summary>The upper edge of a bucket in seconds; infinity for the overflow.</summary>
    public static double UpperSeconds(int bucket) =>
        bucket >= Overflow ? double.PositiveInfinity : FirstUpperSeconds * Math.Exp(bucket * Math.Log(2) / 2);

    /// <summary>The bucket that holds the value; an edge is of the bucket below it, also where its last digits are lost.</summary>
    public static int IndexOf(double seconds)
    {
        if (!(seconds > FirstUpperSeconds)) return 0;
        return (int)Math.Min(Math.Ceiling((Math.Log2(seconds / FirstUpperSeconds) * 2) - 1e-9), Overflow);
    }

    /// <summary>The bucket for one of <see cref="LatencyBuckets"/>, whose upper edge stands for all of it.</summary>
    public static int OfFine(int bucket) => OfProxy[bucket];
}

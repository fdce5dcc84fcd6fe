using System.Numerics;

namespace TrafficCtl.Core.Signals;

/// <summary>The one layout of response sizes: bodies without a byte, then geometric buckets of ratio √2 from 1 byte to 1.4 GiB.</summary>
/// <remarks>Bucket 0 holds empty bodies; the last one is the overflow. A factor of two is exactly two buckets.</remarks>
public static class SizeBuckets
{
    public const int Count = 64;

    public const int Overflow = Count - 1;

    /// <summary>Buckets between a size and its double.</summary>
    public const int PerDouble = 2;

    private const double RootTwo = 1.4142135623730950488;

    /// <summary>The bucket whose range (lower, upper] holds so many bytes.</summary>
    public static int IndexOf(long bytes)
    {
        if (bytes <= 0) return 0;
        var whole = BitOperations.Log2((ulong)bytes);
        var below = 1L << whole;
        var index = 1 + (PerDouble * whole) + (bytes == below ? 0 : bytes <= RootTwo * below ? 1 : 2);
        return Math.Min(index, Overflow);
    }

    /// <summary>Buckets between a size and so many times it, at least one.</summary>
    /// <param name="factor">Above 1.</param>
    public static int ShiftOf(double factor) => Math.Clamp((int)Math.Round(PerDouble * Math.Log2(factor)), 1, Overflow);

    /// <summary>The upper edge of a bucket in bytes; infinity for the overflow.</summary>
    public static double UpperBytes(int bucket) => bucket switch
    {
        <= 0 => 0,
        >= Overflow => double.PositiveInfinity,
        _ => Math.Pow(2, (bucket - 1) / (double)PerDouble),
    };
}

using System.Security.Cryptography;

namespace TrafficCtl.Kubernetes.Storage;

/// <summary>
/// Ids of wishes: rising with time, and unlike those of other services and other processes, because answers are looked up by id alone.
/// </summary>
internal static class WishIds
{
    private const int RandomBits = 14;

    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Below 2^53 until 2043, so that JSON numbers hold it.</summary>
    public static long Next(DateTimeOffset now) =>
        (Math.Max(0, (long)(now - Epoch).TotalMilliseconds) << RandomBits) | (uint)RandomNumberGenerator.GetInt32(1, 1 << RandomBits);
}

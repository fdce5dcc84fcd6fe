namespace TrafficCtl.Proxy.Signals;

/// <summary>Sets of users, one a route group: bits by hash, cleared where half of them are set. Lock-free.</summary>
/// <param name="groups">Sets.</param>
internal sealed class UserBits(int groups)
{
    /// <summary>Bits of a set.</summary>
    public const int Bits = 2048;

    private const int Words = Bits / 64, BitShift = 32 - 11;

    // Not there before the first user: of most sets nothing is ever asked.
    private ulong[]? words;
    private int[]? counts;

    /// <summary>The user, or another one with the same bit, is in the set.</summary>
    public bool Has(int group, uint user)
    {
        if (Volatile.Read(ref words) is not { } all) return false;
        var bit = BitOf(user);
        return (Volatile.Read(ref all[(group * Words) + (bit >> 6)]) & (1UL << (bit & 63))) != 0;
    }

    /// <summary>Adds the user.</summary>
    /// <returns>It was not in the set.</returns>
    public bool Add(int group, uint user)
    {
        var all = words ?? Create();
        var bit = BitOf(user);
        ref var word = ref all[(group * Words) + (bit >> 6)];
        var mask = 1UL << (bit & 63);
        if ((Volatile.Read(ref word) & mask) != 0 || (Interlocked.Or(ref word, mask) & mask) != 0) return false;
        if (Interlocked.Increment(ref counts![group]) >= Bits / 2) Clear(all, group);
        return true;
    }

    private void Clear(ulong[] all, int group)
    {
        Volatile.Write(ref counts![group], 0);
        for (var i = 0; i < Words; i++) Volatile.Write(ref all[(group * Words) + i], 0);
    }

    private static int BitOf(uint user) => (int)((user * 0x9E37_79B1u) >> BitShift);

    private ulong[] Create()
    {
        Interlocked.CompareExchange(ref counts, new int[groups], null);
        Interlocked.CompareExchange(ref words, new ulong[groups * Words], null);
        return words;
    }
}

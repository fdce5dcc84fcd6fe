namespace TrafficCtl.Proxy.Signals;

/// <summary>
/// How the requests, failures and client errors of one arm are spread over its users: in 1,024 slots by hash, of five to ten minutes.
/// </summary>
/// <remarks>
/// Small and fixed: of tens of thousands of users a slot holds a thousandth, which is nothing beside one who makes a twentieth. What
/// is older than ten minutes is kept apart and fades with a half-life of an hour, for a user who was moved to the other arm since.
/// Counted on the request path by one to three interlocked additions; turned and read by one thread at a time.
/// </remarks>
internal sealed class UserShares
{
    public const int Slots = 1024, EpochSeconds = 300;

    /// <summary>What is counted beside the requests: the first slot of it.</summary>
    public const int Failures = Slots, ClientErrors = 2 * Slots;

    private const int Requests = 0, Epoch = 3 * Slots, SlotBits = 10, EpochsAnHour = 12;

    private double[]? past;
    private int[]? counts;
    private uint[]? names;
    private int epoch = -1;
    private int current;

    /// <summary>No user has made a request yet.</summary>
    public bool IsEmpty => Volatile.Read(ref counts) is null;

    /// <summary>A user's request, whether or not it counts under the cap.</summary>
    public void Record(uint hash, bool failed, bool isClientError = false)
    {
        var all = counts ?? Create();
        var at = (Volatile.Read(ref current) * Epoch) + SlotOf(hash);
        Interlocked.Increment(ref all[at + Requests]);
        if (!failed && !isClientError) return;
        var what = failed ? Failures : ClientErrors;
        Interlocked.Increment(ref all[at + what]);
        Volatile.Write(ref names![what - Slots + SlotOf(hash)], hash);
    }

    /// <summary>Moves the coarse time on: the older epoch is forgotten but for the past, and a new one begins.</summary>
    public void Advance(int second)
    {
        var now = second / EpochSeconds;
        if (epoch == now) return;
        var isFirst = epoch < 0;
        epoch = now;
        if (isFirst || counts is not { } all) return;
        past ??= new double[Epoch];
        var older = 1 - current;
        var fade = Math.Pow(0.5, 1.0 / EpochsAnHour);
        for (var i = 0; i < Epoch; i++) past[i] = (past[i] * fade) + Interlocked.Exchange(ref all[(older * Epoch) + i], 0);
        Volatile.Write(ref current, older);
    }

    /// <summary>Adds the requests by slot.</summary>
    public void AddTo(Span<long> requests)
    {
        if (counts is not { } all) return;
        for (var i = 0; i < Slots; i++) requests[i] += Volatile.Read(ref all[i + Requests]) + Volatile.Read(ref all[Epoch + i + Requests]);
    }

    /// <summary>The slot with most of these beyond the rate that it has on the other arm; −1 without one.</summary>
    /// <param name="other">The other arm.</param>
    /// <param name="what"><see cref="Failures"/> or <see cref="ClientErrors"/>.</param>
    public int MostFailing(UserShares other, int what = Failures)
    {
        var (most, slot) = (0.0, -1);
        for (var i = 0; counts is not null && i < Slots; i++)
        {
            var (requests, failures) = Read(i, what);
            if (failures <= most) continue;
            var (otherRequests, otherFailures) = other.Remember(i, what);
            var beyond = failures - (otherRequests > 0 ? requests * ((double)otherFailures / otherRequests) : 0);
            if (beyond > most) (most, slot) = (beyond, i);
        }

        return slot;
    }

    public (long Requests, long Failures) Read(int slot, int what = Failures) => counts is not { } all
        ? default
        : (Volatile.Read(ref all[slot + Requests]) + Volatile.Read(ref all[Epoch + slot + Requests]),
            Volatile.Read(ref all[slot + what]) + Volatile.Read(ref all[Epoch + slot + what]));

    /// <summary>The same with the past.</summary>
    public (long Requests, long Failures) Remember(int slot, int what = Failures)
    {
        var (requests, failures) = Read(slot, what);
        if (past is not { } faded) return (requests, failures);
        return (requests + (long)faded[slot + Requests], failures + (long)faded[slot + what]);
    }

    /// <summary>The newest user of the slot that failed, or met a client error.</summary>
    public uint NameOf(int slot, int what = Failures) => names is { } known ? Volatile.Read(ref known[what - Slots + slot]) : 0;

    private static int SlotOf(uint hash) => (int)((hash * 0x9E3779B1u) >> (32 - SlotBits));

    private int[] Create()
    {
        Interlocked.CompareExchange(ref names, new uint[2 * Slots], null);
        Interlocked.CompareExchange(ref counts, new int[2 * Epoch], null);
        return counts;
    }
}

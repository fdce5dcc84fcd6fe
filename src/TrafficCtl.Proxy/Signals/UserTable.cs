using System.Runtime.CompilerServices;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Proxy.Signals;

/// <summary>
/// Users of one arm in the last ten minutes and their errors, capped at 3: a lock-free table that grows to 65,536 entries.
/// </summary>
/// <remarks>
/// An entry is one ulong: hash (32 bits) | second it was first seen, modulo 2^26 | client errors (2 bits) | moved | in use | errors (2
/// bits). Errors and client errors are capped apart. A user's ten minutes
/// begin with the first request; the next request after them begins new ones. A hash may live in any of four lines of eight
/// entries and goes to the emptiest of them, which fills about 90 % before a user finds no place; then the table says that it
/// is full for ten minutes, and that user's requests count as users of their own. Two threads that meet the same new user at the
/// same instant may enter it twice; it is then counted as two. The table begins small and grows when a user finds no place: half a
/// megabyte for each arm of thousands of services, most of which have few users, would be gigabytes. An entry that was taken over into
/// the larger table leaves a mark, which no one can write over, so that nothing is counted in a table that is given up.
/// </remarks>
/// <param name="shares">Where all requests of users are counted too.</param>
internal sealed class UserTable(UserShares? shares = null)
{
    public const int Capacity = 65_536;
    public const int FirstCapacity = 512;
    public const int ExpirySeconds = 600;
    public const int MaxErrors = 3;

    private const int Ways = 4, LineLength = 8, Growth = 8;
    private const int ClientShift = 4, TimeShift = 6;
    private const uint TimeMask = (1u << 26) - 1;
    private const ulong InUse = 4, ErrorMask = 3, Moved = 8, OneClientError = 1UL << ClientShift;

    /// <summary>Longs of a cache line: a count of its own line, so that it disturbs nobody who only reads the table.</summary>
    private const int Line = 8, Sessions = Line, Broken = 2 * Line;

    private readonly Lock growing = new();
    private readonly long[] flow = new long[3 * Line];
    private ulong[]? entries;
    private int second;
    private int fullUntil = -1;

    /// <summary>Seconds since the process' clock origin, moved on by the breaker's tick.</summary>
    public void Advance(int seconds) => Volatile.Write(ref second, seconds);

    /// <summary>Counts a request of the user.</summary>
    /// <returns>
    /// Whether it counts under the cap: the user had fewer than three failures before it, or could not be kept. A user counts up to and
    /// with its third failure, which is as many requests as its own rate makes of three failures on average; and whether the next one
    /// counts is known before it comes, so that no comparison is biased by it.
    /// </returns>
    public bool Record(uint hash, bool failed) => Record(hash, failed, isClientError: false, out _);

    /// <param name="hash">The hash of the user.</param>
    /// <param name="failed">It was no good answer, by the version's fault.</param>
    /// <param name="isClientError">It was no good answer, by the version's word the client's fault.</param>
    /// <param name="countsForClients">Whether it counts under the cap of client errors, by the same rule.</param>
    public bool Record(uint hash, bool failed, bool isClientError, out bool countsForClients)
    {
        countsForClients = true;
        shares?.Record(hash, failed, isClientError);
        var now = (uint)Volatile.Read(ref second) & TimeMask;
        for (var attempt = 0; attempt < 8; attempt++)
        {
            var table = Volatile.Read(ref entries) ?? Create();
            ref var slot = ref Find(table, hash, now, out var found);
            if (found == Moved)
            {
                WaitForGrowth();
                continue;
            }

            if (found == 0 && Unsafe.IsNullRef(ref slot))
            {
                if (Grow(table, now)) continue;
                break;
            }

            if (found != 0)
            {
                var (errors, clientErrors) = (found & ErrorMask, ClientErrorsOf(found));
                var more = (failed && errors < MaxErrors ? 1UL : 0) + (isClientError && clientErrors < MaxErrors ? OneClientError : 0);
                if (more != 0 && Interlocked.CompareExchange(ref slot, found + more, found) != found) continue;
                if (failed && errors == MaxErrors - 1) Interlocked.Increment(ref flow[Broken]);
                countsForClients = clientErrors < MaxErrors;
                return errors < MaxErrors;
            }

            var seen = Volatile.Read(ref slot);
            if (seen == Moved || IsAlive(seen, now)) continue;
            var entry = ((ulong)hash << 32) | ((ulong)now << TimeShift) | InUse | (failed ? 1UL : 0) | (isClientError ? OneClientError : 0);
            if (Interlocked.CompareExchange(ref slot, entry, seen) != seen) continue;
            Interlocked.Increment(ref flow[Sessions]);
            return true;
        }

        Volatile.Write(ref fullUntil, Volatile.Read(ref second) + ExpirySeconds);
        return true;
    }

    /// <summary>The user has met its three failures: what it does until its ten minutes are over counts no more.</summary>
    public bool IsSpent(uint hash)
    {
        if (entries is not { } table) return false;
        Find(table, hash, (uint)Volatile.Read(ref second) & TimeMask, out var found);
        return (found & ErrorMask) == MaxErrors;
    }

    /// <summary>
    /// Folds the living entries. <paramref name="anonymous"/> and its failures are requests without a user in the same ten minutes.
    /// </summary>
    public UserCounts Fold(long anonymous, long anonymousFailures)
    {
        long known = 0, one = 0, two = 0, three = 0;
        Span<long> clients = stackalloc long[MaxErrors + 1];
        clients.Clear();
        var now = (uint)Volatile.Read(ref second) & TimeMask;
        // While it grows, some are in the one table and some in the other.
        lock (growing)
        {
            foreach (ref var slot in entries.AsSpan())
            {
                var entry = Volatile.Read(ref slot);
                if (!IsAlive(entry, now)) continue;
                known++;
                clients[(int)ClientErrorsOf(entry)]++;
                switch (entry & ErrorMask)
                {
                    case 1: one++; break;
                    case 2: two++; break;
                    case 3: three++; break;
                }
            }
        }

        return new UserCounts(
            known + anonymous, one + (2 * two) + (3 * three) + anonymousFailures, one + (4 * two) + (9 * three) + anonymousFailures,
            one + two + three + anonymousFailures, three, known, Volatile.Read(ref second) < Volatile.Read(ref fullUntil))
        {
            ClientErrors = clients[1] + (2 * clients[2]) + (3 * clients[3]),
            SquaredClientErrors = clients[1] + (4 * clients[2]) + (9 * clients[3]),
            ClientFailing = clients[1] + clients[2] + clients[3],
        };
    }

    /// <summary>Users that came and users that met their third error, since the table was made.</summary>
    public UserFlow ReadFlow() => new(Volatile.Read(ref flow[Sessions]), Volatile.Read(ref flow[Broken]));

    private ulong[] Create()
    {
        Interlocked.CompareExchange(ref entries, new ulong[FirstCapacity], null);
        return entries;
    }

    /// <summary>Puts a larger table in the place of a full one.</summary>
    /// <returns>False when it is as large as it may be.</returns>
    private bool Grow(ulong[] full, uint now)
    {
        lock (growing)
        {
            if (entries != full) return true;
            if (full.Length == Capacity) return false;
            var larger = GC.AllocateArray<ulong>(Math.Min(full.Length * Growth, Capacity));
            foreach (ref var slot in full.AsSpan())
            {
                var entry = Interlocked.Exchange(ref slot, Moved);
                if (IsAlive(entry, now)) Take(larger, entry, now);
            }

            Volatile.Write(ref entries, larger);
            return true;
        }
    }

    /// <summary>The user may have an entry that is being taken over: a new one in the old table would count it a second time.</summary>
    private void WaitForGrowth()
    {
        lock (growing)
        {
            // The larger table is in its place now.
        }
    }

    /// <summary>A user who was entered twice is one again.</summary>
    private static void Take(ulong[] larger, ulong entry, uint now)
    {
        ref var slot = ref Find(larger, (uint)(entry >> 32), now, out var found);
        if (found != 0)
        {
            slot = found + Math.Min(entry & ErrorMask, ErrorMask - (found & ErrorMask))
                + (OneClientError * Math.Min(ClientErrorsOf(entry), MaxErrors - ClientErrorsOf(found)));
        }
        else if (!Unsafe.IsNullRef(ref slot)) slot = entry;
    }

    /// <summary>
    /// The user's entry (with its value), else a free entry in its emptiest line (value 0), else a null reference; one with the value
    /// <see cref="Moved"/> where the table is being given up and the entry may have been taken over.
    /// </summary>
    private static ref ulong Find(ulong[] table, uint hash, uint now, out ulong found)
    {
        ref var free = ref Unsafe.NullRef<ulong>();
        var mostFree = 0;
        var isMoving = false;
        var lines = (uint)table.Length / LineLength;
        var mixed = hash * 0x9E3779B97F4A7C15UL;
        for (var way = 0; way < Ways; way++)
        {
            var line = table.AsSpan((int)((mixed >> (12 + (13 * way))) & (lines - 1)) * LineLength, LineLength);
            var freeHere = 0;
            ref var firstFree = ref Unsafe.NullRef<ulong>();
            for (var i = 0; i < line.Length; i++)
            {
                var entry = Volatile.Read(ref line[i]);
                if (!IsAlive(entry, now))
                {
                    if (entry == Moved) isMoving = true;
                    else if (freeHere++ == 0) firstFree = ref line[i];
                }
                else if ((uint)(entry >> 32) == hash)
                {
                    found = entry;
                    return ref line[i];
                }
            }

            if (freeHere <= mostFree) continue;
            mostFree = freeHere;
            free = ref firstFree;
        }

        found = isMoving ? Moved : 0;
        if (isMoving) return ref Unsafe.NullRef<ulong>();
        return ref free;
    }

    private static bool IsAlive(ulong entry, uint now) =>
        (entry & InUse) != 0 && ((now - (uint)(entry >> TimeShift)) & TimeMask) < ExpirySeconds;

    private static ulong ClientErrorsOf(ulong entry) => (entry >> ClientShift) & ErrorMask;
}

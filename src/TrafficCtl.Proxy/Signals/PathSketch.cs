using TrafficCtl.Core.Routing;

namespace TrafficCtl.Proxy.Signals;

/// <summary>The paths that stable answers most, of which the route groups of the next rollout are chosen: at most 512 of them.</summary>
/// <remarks>
/// An entry lives in one line of eight, by its hash. A path that finds its line full takes one off the line's smallest count, and its
/// place where nothing is left of it (Misra and Gries, 1982, a line each): paths that come once, of which a scanner makes any number,
/// take each other's places, and those that come often stay. The path is kept as the request brought it, so that counting allocates
/// nothing; longer ones than 256 characters are not learnt.
/// </remarks>
internal sealed class PathSketch
{
    public const int Capacity = 512, MostPath = 256;

    private const int LineLength = 8, FirstLines = 8, HalvingSeconds = 3600, LeastRequests = 2;

    private readonly Lock gate = new();
    private Table? table;
    private int depth, epoch = -1, hand;

    /// <summary>A request of stable was answered, and not with 404.</summary>
    /// <param name="path">The path of its URL, without the query.</param>
    /// <param name="segments">The segments of a route group.</param>
    public void Learn(string path, int segments)
    {
        if (path.Length > MostPath) return;
        var hash = PathKey.Hash(path, segments);
        var held = Volatile.Read(ref table);
        if (held is null || depth != segments) held = Begin(segments);
        var line = held.LineOf(hash);
        for (var i = line; i < line + LineLength; i++)
        {
            if (Volatile.Read(ref held.Hashes[i]) != hash) continue;
            Interlocked.Increment(ref held.Counts[i]);
            return;
        }

        Miss(held, line, hash, path);
    }

    /// <summary>What was asked for in former times counts less, once an hour.</summary>
    public void Advance(int second)
    {
        var now = second / HalvingSeconds;
        if (epoch == now) return;
        var isFirst = epoch < 0;
        epoch = now;
        if (isFirst || Volatile.Read(ref table) is not { } held) return;
        lock (gate)
            for (var i = 0; i < held.Counts.Length; i++) Volatile.Write(ref held.Counts[i], Volatile.Read(ref held.Counts[i]) / 2);
    }

    /// <summary>The groups with most requests; empty where nothing was learnt at this depth.</summary>
    public PathGroups Choose(RouteGrouping grouping)
    {
        if (Volatile.Read(ref table) is not { } held || depth != grouping.Depth) return PathGroups.Of(grouping.Depth, []);
        lock (gate)
        {
            var known = Enumerable.Range(0, held.Counts.Length)
                .Where(i => held.Paths[i] is not null && held.Counts[i] >= LeastRequests)
                .Select(i => (Name: PathKey.Normalize(held.Paths[i], grouping.Depth), Count: held.Counts[i]))
                .OrderByDescending(static k => k.Count).ThenBy(static k => k.Name, StringComparer.Ordinal);
            return PathGroups.Of(grouping.Depth, known.Take(Math.Min(grouping.Max, PathGroups.Most)).Select(static k => k.Name));
        }
    }

    private void Miss(Table held, int line, ulong hash, string path)
    {
        // Who finds it busy is one of many: nothing is lost that matters.
        if (!gate.TryEnter()) return;
        try
        {
            if (held != table) return;
            // Where several came once each, they are replaced in turn: else those that come next would replace the one that came last.
            var smallest = line + (hand++ & (LineLength - 1));
            for (var i = line; i < line + LineLength; i++)
            {
                if (held.Hashes[i] == hash) return;
                if (held.Counts[i] < held.Counts[smallest]) smallest = i;
            }

            if (held.Hashes[smallest] != 0 && held.Hashes.Length < Capacity)
            {
                var larger = held.Grow();
                Volatile.Write(ref table, larger);
                Miss(larger, larger.LineOf(hash), hash, path);
                return;
            }

            if (held.Hashes[smallest] != 0 && Interlocked.Decrement(ref held.Counts[smallest]) > 0) return;
            (held.Paths[smallest], held.Counts[smallest]) = (path, 1);
            Volatile.Write(ref held.Hashes[smallest], hash);
        }
        finally
        {
            gate.Exit();
        }
    }

    private Table Begin(int segments)
    {
        lock (gate)
        {
            if (table is { } held && depth == segments) return held;
            depth = segments;
            var made = new Table(FirstLines);
            Volatile.Write(ref table, made);
            return made;
        }
    }

    private sealed class Table(int lines)
    {
        public ulong[] Hashes { get; } = new ulong[lines * LineLength];

        public int[] Counts { get; } = new int[lines * LineLength];

        public string?[] Paths { get; } = new string?[lines * LineLength];

        public int LineOf(ulong hash) => (int)((hash >> 32) % (ulong)lines) * LineLength;

        /// <summary>Four times as large, with the same entries.</summary>
        public Table Grow()
        {
            var larger = new Table(Math.Min(lines * 4, Capacity / LineLength));
            for (var i = 0; i < Hashes.Length; i++)
            {
                if (Hashes[i] == 0) continue;
                var line = larger.LineOf(Hashes[i]);
                for (var j = line; j < line + LineLength; j++)
                {
                    if (larger.Hashes[j] != 0) continue;
                    (larger.Hashes[j], larger.Counts[j], larger.Paths[j]) = (Hashes[i], Counts[i], Paths[i]);
                    break;
                }
            }

            return larger;
        }
    }
}

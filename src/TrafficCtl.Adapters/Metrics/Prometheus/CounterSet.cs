namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>The processes that one signal was seen of.</summary>
internal sealed class Processes
{
    public static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private readonly Dictionary<string, (DateTimeOffset First, DateTimeOffset Last)> seen = new(StringComparer.Ordinal);

    /// <summary>First and last answer that showed it; null when none did.</summary>
    public (DateTimeOffset First, DateTimeOffset Last)? Find(string process) => seen.TryGetValue(process, out var life) ? life : null;

    /// <summary>After all counters of an answer were absorbed.</summary>
    public void See(IEnumerable<string> processes, DateTimeOffset at)
    {
        foreach (var process in processes) seen[process] = (seen.TryGetValue(process, out var life) ? life.First : at, at);
    }

    /// <summary>A process that was not seen for an hour is a new one when it comes again.</summary>
    public void Forget(DateTimeOffset at)
    {
        foreach (var (process, life) in seen.ToArray())
            if (at - life.Last > Memory) seen.Remove(process);
    }
}

/// <summary>The counters of one service and signal, from answer to answer: what each grew by.</summary>
/// <remarks>
/// Each counter is held against the same counter of the same process.
/// <list type="bullet">
/// <item>A sample that is not newer than the one before (scraped twice, a late one, another replica's) says nothing.</item>
/// <item>When most of what a process counted fell, it began anew, and what it shows now counts in full; but a counter that
/// was seen after the newest sample of all that fell may have been of the new life by then, and only goes on. When only a
/// little of it fell, or when it shows far more than it can have counted since, series were dropped there: those go on
/// from where they are now, and nothing is counted twice.</item>
/// <item>A counter that was not there before counts in full only when its process was there, was asked for the same
/// service, did not have it, and can have counted so much since: so it was born since. Else it begins with its first sample.</item>
/// <item>One that vanishes and comes back goes on from its last value, or from 0 when its process began anew since.</item>
/// </list>
/// </remarks>
internal sealed class CounterSet
{
    /// <summary>What a process may have counted since its last scrape: so many times its highest rate, and a few whatever it was.</summary>
    private const double Burst = 20, Few = 1000;

    private readonly Dictionary<string, Process> byProcess = new(StringComparer.Ordinal);
    private DateTimeOffset? asked;
    private DateTimeOffset answered;

    /// <param name="units">All of the service's counters in one answer.</param>
    /// <param name="processes">The processes of the signal, as they were before this answer.</param>
    /// <param name="at">The instant that was asked for.</param>
    /// <param name="grew">
    /// Is given each counter that was held against an earlier sample, with its growth: not negative, and not falling from bound to bound.
    /// May be reused.
    /// </param>
    public void Absorb(IEnumerable<Unit> units, Processes processes, DateTimeOffset at, Action<Unit, double[]> grew)
    {
        foreach (var group in units.GroupBy(u => u.Process, StringComparer.Ordinal))
            Absorb(group.Key, [.. group], IsWatched(processes.Find(group.Key)), grew);
        asked ??= at;
        answered = at;
        foreach (var process in byProcess.Keys.ToArray())
            if (at - byProcess[process].Newest > Processes.Memory) byProcess.Remove(process);
    }

    /// <summary>An earlier answer to this service showed the process.</summary>
    private bool IsWatched((DateTimeOffset First, DateTimeOffset Last)? life) =>
        life is { } known && known.Last >= asked && known.First <= answered;

    private void Absorb(string name, List<Unit> units, bool isWatched, Action<Unit, double[]> grew)
    {
        if (!byProcess.TryGetValue(name, out var process)) byProcess[name] = process = new Process();
        units.RemoveAll(u => u.At <= process.Newest);
        if (units.Count == 0) return;
        var newest = units.Max(u => u.At);
        // The first sample of a process has no span; nothing of it is held against anything.
        var seconds = process.Series.Count == 0 ? 0 : (newest - process.Newest).TotalSeconds;
        process.Newest = newest;
        var most = Few + (Burst * process.HighestRate * seconds);
        var ended = units.Sum(u => u.Total) <= most ? EndOf(units, process.Series) : null;
        var grown = 0.0;
        if (ended is not null)
            foreach (var series in process.Series.Values.Where(s => s.At <= ended)) series.Zero();
        foreach (var unit in units)
        {
            if (process.Series.TryGetValue(unit.Key, out var series))
            {
                if (series.Grow(unit, series.At <= ended) is not { } growth) continue;
                grown += growth[^1];
                grew(unit, growth);
            }
            else
            {
                process.Series[unit.Key] = new Series(unit);
                if (isWatched && unit.Total <= most) grew(unit, unit.Values);
            }
        }

        if (ended is null && seconds > 0) process.HighestRate = Math.Max(process.HighestRate, grown / seconds);
    }

    /// <summary>
    /// A moment at which the process still lived its earlier life; null when it began none anew. It did when more of what was counted fell
    /// than did not.
    /// </summary>
    private static DateTimeOffset? EndOf(List<Unit> units, Dictionary<string, Series> held)
    {
        var (fallen, standing) = (0.0, 0.0);
        DateTimeOffset? end = null;
        foreach (var unit in units)
        {
            if (!held.TryGetValue(unit.Key, out var series)) continue;
            if (unit.Total >= series.Total)
            {
                standing += series.Total;
                continue;
            }

            fallen += series.Total;
            if (!(series.At <= end)) end = series.At;
        }

        return fallen >= standing ? end : null;
    }

    private sealed class Process
    {
        /// <summary>The time of its newest scrape.</summary>
        public DateTimeOffset Newest { get; set; }

        /// <summary>A second, of all its counters together.</summary>
        public double HighestRate { get; set; }

        public Dictionary<string, Series> Series { get; } = new(StringComparer.Ordinal);
    }

    private sealed class Series(Unit first)
    {
        private double[] bounds = first.Bounds;
        private double[] last = first.Values;

        /// <summary>The time of its newest sample.</summary>
        public DateTimeOffset At { get; private set; } = first.At;

        public double Total => last[^1];

        public void Zero() => last = new double[last.Length];

        /// <summary>Null when nothing can be said of what came between.</summary>
        public double[]? Grow(Unit now, bool isAnew)
        {
            var before = last;
            var isSameShape = bounds.AsSpan().SequenceEqual(now.Bounds);
            (bounds, last, At) = (now.Bounds, now.Values, now.At);
            if (isAnew) return now.Values;
            if (!isSameShape || now.Total < before[^1]) return null;
            var growth = new double[before.Length];
            var least = 0.0;
            for (var i = 0; i < growth.Length; i++) growth[i] = least = Math.Max(least, now.Values[i] - before[i]);
            return growth;
        }
    }
}

using Microsoft.Extensions.Logging;

namespace TrafficCtl.Daemon.Limits;

/// <summary>What was refused or cut by a limit: a counter for each, and at most one line a minute in the log.</summary>
internal sealed partial class LimitCounts(TimeProvider clock, ILogger<LimitCounts> log) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly long[] totals = new long[LimitKinds.Labels.Length];
    private readonly long[] unsaid = new long[LimitKinds.Labels.Length];
    private string lastWho = "";
    private ITimer? timer;

    /// <summary>Since the process started, in the order of <see cref="LimitKinds.Labels"/>.</summary>
    public IEnumerable<(string Limit, long Count)> All => LimitKinds.Labels.Select((label, i) => (label, Interlocked.Read(ref totals[i])));

    public long Of(LimitKind kind) => Interlocked.Read(ref totals[(int)kind]);

    /// <param name="kind">The limit.</param>
    /// <param name="who">Whose call or connection it was, for the log.</param>
    public void Count(LimitKind kind, string who)
    {
        Interlocked.Increment(ref totals[(int)kind]);
        lock (gate)
        {
            unsaid[(int)kind]++;
            lastWho = who;
            if (timer is not null) return;
            timer = clock.CreateTimer(static counts => ((LimitCounts)counts!).Rest(), this, Interval, Timeout.InfiniteTimeSpan);
        }

        Say();
    }

    public void Dispose()
    {
        lock (gate) timer?.Dispose();
    }

    private void Rest()
    {
        lock (gate)
        {
            timer?.Dispose();
            timer = null;
            if (!Array.Exists(unsaid, static n => n > 0)) return;
            timer = clock.CreateTimer(static counts => ((LimitCounts)counts!).Rest(), this, Interval, Timeout.InfiniteTimeSpan);
        }

        Say();
    }

    private void Say()
    {
        string what, who;
        lock (gate)
        {
            what = string.Join(", ", LimitKinds.Labels.Where((_, i) => unsaid[i] > 0).Select(
                label => $"{unsaid[Array.IndexOf(LimitKinds.Labels, label)]} by {label}"));
            who = lastWho;
            Array.Clear(unsaid);
        }

        LogLimited(what, who);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Limits of the admin address refused or cut calls and connections: {What}; "
        + "the last was of {Who}")]
    private partial void LogLimited(string what, string who);
}

namespace TrafficCtl.Proxy.Signals;

/// <summary>Requests without a user in the last ten minutes: cumulative counters against marks made every ten seconds.</summary>
/// <remarks>Reaches back between 600 and 610 s. Marked by one thread at a time; a reader may see a mark that is one older.</remarks>
internal sealed class AnonymousWindow
{
    private const int Step = 10, Marks = UserTable.ExpirySeconds / Step;

    private readonly Lock gate = new();

    // Not there before the first such request: until then all marks are 0.
    private (long Requests, long Failures)[]? marks;
    private int lastStep = -1;

    public bool IsDue(int second) => second / Step != Volatile.Read(ref lastStep);

    public void Mark(int second, in Pulse now)
    {
        lock (gate)
        {
            var step = second / Step;
            // After a pause of the clock every mark that was missed holds what is known now.
            var from = lastStep < 0 ? step : Math.Max(lastStep + 1, step - Marks);
            if (now.Anonymous != 0) marks ??= new (long, long)[Marks + 1];
            for (var s = from; marks is not null && s <= step; s++) marks[s % marks.Length] = (now.Anonymous, now.AnonymousFailures);
            lastStep = Math.Max(lastStep, step);
        }
    }

    public (long Requests, long Failures) Within(in Pulse now)
    {
        lock (gate)
        {
            var oldest = lastStep < 0 || marks is null ? default : marks[(lastStep + 1) % marks.Length];
            // Less than before when a reload took a cohort's cells away.
            return (Math.Max(0, now.Anonymous - oldest.Requests), Math.Max(0, now.AnonymousFailures - oldest.Failures));
        }
    }
}

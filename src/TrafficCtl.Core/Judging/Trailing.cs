namespace TrafficCtl.Core.Judging;

/// <summary>Requests of both arms and events of stable, of a tick or summed over some.</summary>
internal readonly record struct Traffic(double CandidateN, double StableN, double StableX)
{
    public static Traffic operator +(Traffic a, Traffic b) =>
        new(a.CandidateN + b.CandidateN, a.StableN + b.StableN, a.StableX + b.StableX);

    public static Traffic operator *(Traffic a, double factor) =>
        new(a.CandidateN * factor, a.StableN * factor, a.StableX * factor);
}

/// <summary>The ticks of the trailing minute.</summary>
internal sealed class Trailing(int slots)
{
    private readonly Traffic[] ring = new Traffic[slots];
    private int filled;
    private int next;

    /// <summary>Nothing came before.</summary>
    public bool IsFirst => Past == 0;

    /// <summary>Ticks in <see cref="Before"/>.</summary>
    public int Past => Math.Min(filled, slots - 1);

    /// <summary>The minute's ticks without the one that the next push replaces.</summary>
    public Traffic Before
    {
        get
        {
            var sum = default(Traffic);
            for (var i = 0; i < ring.Length; i++)
                if (i != next) sum += ring[i];
            return sum;
        }
    }

    public void Push(Traffic tick)
    {
        ring[next] = tick;
        next = (next + 1) % slots;
        filled = Math.Min(filled + 1, slots);
    }

    public void Save(StateWriter to)
    {
        to.Count(next);
        to.Count(filled);
        foreach (var tick in ring)
        {
            to.Count((long)tick.CandidateN);
            to.Count((long)tick.StableN);
            to.MostlyWhole(tick.StableX);
        }
    }

    public void Load(ref StateReader from)
    {
        next = from.Index(slots);
        filled = from.Index(slots + 1);
        for (var i = 0; i < ring.Length; i++) ring[i] = new Traffic(from.Count(), from.Count(), from.MostlyWhole());
    }
}

using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Estimates;

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

    /// <summary>Goes on as another one of as many slots.</summary>
    public void CopyFrom(Trailing other)
    {
        other.ring.CopyTo(ring, 0);
        (filled, next) = (other.filled, other.next);
    }

    public void Save(StateWriter to)
    {
        to.Count(next);
        to.Count(filled);
        // Traffic changes little from tick to tick, so its differences are short.
        var before = default(Traffic);
        foreach (var tick in ring)
        {
            to.Signed((long)(tick.CandidateN - before.CandidateN));
            to.Signed((long)(tick.StableN - before.StableN));
            to.MostlyWhole(tick.StableX);
            before = tick;
        }
    }

    public void Load(ref StateReader from)
    {
        next = from.Index(slots);
        filled = from.Index(slots + 1);
        var before = default(Traffic);
        for (var i = 0; i < ring.Length; i++)
            ring[i] = before = new Traffic(before.CandidateN + from.Signed(), before.StableN + from.Signed(), from.MostlyWhole());
    }
}

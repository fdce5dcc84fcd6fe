using System.Buffers;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Estimates;

/// <summary>
/// The stable arm's recent past, at most an hour: it steers the bets, and stands in (frozen) when no concurrent stable arm is left.
/// </summary>
/// <remarks>Two blocks of half an hour; the older one is forgotten when the younger is full.</remarks>
public sealed class Baseline
{
    private const int Version = 3, VersionBeforeClients = 2, LearntVersion = 2, Levels = 3;

    private BaselineBlock older;
    private BaselineBlock younger;

    /// <summary>Empty, of the proxy's own latency buckets.</summary>
    public Baseline()
        : this(LatencyLayout.Proxy)
    {
    }

    /// <summary>Empty; all that is absorbed must be of this layout.</summary>
    public Baseline(LatencyLayout layout) => (Layout, older, younger) = (layout, new BaselineBlock(layout), new BaselineBlock(layout));

    public LatencyLayout Layout { get; }

    /// <summary>Seconds of traffic that it holds.</summary>
    public double Seconds => older.Seconds + younger.Seconds;

    /// <summary>n over that time.</summary>
    public double Requests => older.Requests + younger.Requests;

    /// <summary>Capped failures over that time.</summary>
    public double Failures => older.Failures + younger.Failures;

    /// <summary>Requests over that time of which it was told whether they were client errors.</summary>
    public double ClientRequests => older.ClientRequests + younger.ClientRequests;

    /// <summary>Capped client errors over that time.</summary>
    public double ClientErrors => older.ClientErrors + younger.ClientErrors;

    /// <summary>Σẽ²/Σẽ over users, averaged over that time; 1 without errors.</summary>
    public double Clump
    {
        get
        {
            var errors = older.UserErrors + younger.UserErrors;
            return errors > 0 ? Math.Max(1, (older.UserSquares + younger.UserSquares) / errors) : 1;
        }
    }

    /// <summary>How clustered errors were between the arms of the service's rollouts.</summary>
    internal Scatters ErrorScatter { get; set; }

    /// <summary>The same of latency: p50, p90 and the named quantile.</summary>
    internal Scatters[] LatencyScatter { get; } = new Scatters[Levels];

    /// <summary>An empty past of another version of the service, which keeps what is known of its dispersion.</summary>
    public Baseline Next() => Next(Layout);

    /// <summary>The same in other buckets.</summary>
    public Baseline Next(LatencyLayout layout)
    {
        var next = new Baseline(layout);
        next.Take(this);
        return next;
    }

    /// <summary>The dispersion alone, to keep with the service: some 200 bytes.</summary>
    public void SaveLearnt(IBufferWriter<byte> to)
    {
        var body = new ArrayBufferWriter<byte>(256);
        var writer = new StateWriter(body);
        writer.Count(LearntVersion);
        SaveLearnt(writer);
        Sealed.Write(body.WrittenSpan, to);
    }

    /// <summary>Takes over a saved dispersion; bytes that are damaged or of another layout are nothing learnt.</summary>
    /// <returns>It was taken over.</returns>
    public bool Learn(ReadOnlySpan<byte> saved)
    {
        if (!Sealed.TryOpen(saved, out var body)) return false;
        var reader = new StateReader(body);
        if (reader.Count() != LearntVersion) return false;
        var learnt = new Baseline(Layout);
        learnt.LoadLearnt(ref reader);
        if (!reader.IsComplete) return false;
        Take(learnt);
        return true;
    }

    private void SaveLearnt(StateWriter to)
    {
        ErrorScatter.Save(to);
        foreach (var level in LatencyScatter) level.Save(to);
    }

    private void LoadLearnt(ref StateReader from)
    {
        ErrorScatter = Scatters.Load(ref from);
        for (var i = 0; i < Levels; i++) LatencyScatter[i] = Scatters.Load(ref from);
    }

    private void Take(Baseline from)
    {
        ErrorScatter = from.ErrorScatter;
        from.LatencyScatter.CopyTo(LatencyScatter, 0);
    }

    /// <summary>Absorbs one window of the stable arm. Allocates nothing.</summary>
    public void Absorb(double seconds, Counts stable, UserCounts users)
    {
        if (younger.Seconds >= BaselineBlock.FullSeconds)
        {
            (older, younger) = (younger, older);
            younger.Clear();
        }

        younger.Absorb(seconds, stable, users);
    }

    internal long LatencyTotal => older.Latency.Total + younger.Latency.Total;

    internal int LatencyAt(int bucket) => older.Latency.Counts[bucket] + younger.Latency.Counts[bucket];

    /// <summary>The quantile in seconds; NaN while nothing is known.</summary>
    public double Quantile(double q) => Quantiles.Of(older.Latency, younger.Latency, q);

    internal Baseline Copy()
    {
        var copy = new Baseline(Layout);
        copy.older.CopyFrom(older);
        copy.younger.CopyFrom(younger);
        copy.Take(this);
        return copy;
    }

    public void Save(IBufferWriter<byte> to)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        var writer = new StateWriter(body);
        writer.Count(Version);
        Save(writer);
        Sealed.Write(body.WrittenSpan, to);
    }

    /// <summary>Null when the bytes are damaged or of another layout: then the past is unknown, and is learnt anew.</summary>
    public static Baseline? Restore(ReadOnlySpan<byte> saved, LatencyLayout? layout = null)
    {
        if (!Sealed.TryOpen(saved, out var body)) return null;
        var reader = new StateReader(body);
        var version = reader.Count();
        if (version is not (Version or VersionBeforeClients)) return null;
        reader.Layout = version == Version ? Judge.LayoutWithClients : Judge.LayoutWithUsers;
        var baseline = new Baseline(layout ?? LatencyLayout.Proxy);
        baseline.Load(ref reader);
        return reader.IsComplete ? baseline : null;
    }

    internal void Save(StateWriter to)
    {
        older.Save(to);
        younger.Save(to);
        SaveLearnt(to);
    }

    internal void Load(ref StateReader from)
    {
        older.Load(ref from);
        younger.Load(ref from);
        LoadLearnt(ref from);
    }
}

using System.Text;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Recording;

/// <summary>Reads the ticks of one piece, in their order.</summary>
public sealed class TickReader
{
    private const int MostMetrics = 1024;

    private readonly ReadOnlyMemory<byte> piece;
    private readonly Counts stable;
    private readonly Counts candidate;
    private int position;
    private int read;
    private RecordedTick last;
    private MetricPair[] metrics = [];
    private PathGroups? paths;

    private TickReader(ReadOnlyMemory<byte> piece, int position, long number, int count, LatencyLayout layout)
    {
        (this.piece, this.position, Number, Count, Layout) = (piece, position, number, count, layout);
        (stable, candidate) = (new Counts(layout), new Counts(layout));
    }

    /// <summary>The number that its first tick has in the recording.</summary>
    public long Number { get; }

    public int Count { get; }

    public LatencyLayout Layout { get; }

    /// <summary>Null when the piece is damaged, or of a layout that this build does not know.</summary>
    public static TickReader? Open(ReadOnlyMemory<byte> piece)
    {
        if (!Sealed.TryOpen(piece.Span, out var body)) return null;
        var from = new FrameReader(body);
        if (from.Count() is < TickWriter.OldestVersion or > TickWriter.Version) return null;
        var (number, count) = (from.Count(), from.Index(int.MaxValue));
        var edges = new double[from.Index(LatencyLayout.MostEdges + 1)];
        for (var i = 0; i < edges.Length; i++) edges[i] = from.Double();
        if (from.Failed || LayoutOf(edges) is not { } layout) return null;
        return new TickReader(piece[^body.Length..], from.Position, number, count, layout);
    }

    /// <summary>The next tick; its counts and metrics are valid until the one after it is read.</summary>
    /// <returns>False after the last one.</returns>
    /// <exception cref="FormatException">
    /// The bytes are no ticks although their seal holds: another build wrote them, or this one has a bug.
    /// </exception>
    public bool TryNext(out RecordedTick tick)
    {
        tick = default;
        if (read == Count) return false;
        var from = new FrameReader(piece.Span[position..]);
        last = Next(ref from);
        position += from.Position;
        read++;
        if (from.Failed || (read == Count && position != piece.Length))
            throw new FormatException($"tick {Number + read - 1} of the recording cannot be read by this build");
        tick = last;
        return true;
    }

    private RecordedTick Next(ref FrameReader from)
    {
        var parts = (FrameParts)from.Index((int)FrameParts.All + 1);
        var gap = from.Signed();
        var length = from.Count();
        var at = new DateTimeOffset(
            Math.Clamp((read == 0 ? 0 : last.At.UtcTicks) + gap + length, 0, DateTime.MaxValue.Ticks), TimeSpan.Zero);
        var seconds = parts.Has(FrameParts.RawSeconds) ? from.Double() : new TimeSpan(length).TotalSeconds;
        var before = parts.Has(FrameParts.Before) ? from.Count() : read == 0 ? 0 : last.Before + 1;
        var begins = parts.Has(FrameParts.Begins) ? Begins(ref from) : null;
        var (comparison, cohort, generation, weights) = parts.Has(FrameParts.Context)
            ? Context(ref from)
            : (last.Comparison, last.Cohort, last.Generation, last.Tick.Weights);
        CountsFrame.Read(ref from, stable);
        CountsFrame.Read(ref from, candidate);
        var (stableUsers, candidateUsers) = (last.Tick.StableUsers, last.Tick.CandidateUsers);
        if (parts.Has(FrameParts.Users)) (stableUsers, candidateUsers) = (Users(ref from, stableUsers), Users(ref from, candidateUsers));
        var (stableFlow, candidateFlow) = parts.Has(FrameParts.Flow) ? (Flow(ref from), Flow(ref from)) : default;
        if (parts.Has(FrameParts.Activity)) (stableFlow, candidateFlow) = (Active(ref from, stableFlow), Active(ref from, candidateFlow));
        var pairs = parts.Has(FrameParts.Metrics) ? Metrics(ref from) : null;
        var placebos = parts.Has(FrameParts.Placebos) ? Placebos(ref from) : null;
        if (parts.Has(FrameParts.Waits)) Waits(ref from, placebos);
        if (parts.Has(FrameParts.Excess)) Excess(ref from, placebos);
        var top = parts.Has(FrameParts.TopUser) ? Top(ref from) : default;
        var topClient = parts.Has(FrameParts.TopClient) ? Top(ref from) : default;
        var isOfClients = parts.Has(FrameParts.ClientErrors);
        (stableUsers, candidateUsers) = (Clients(ref from, stableUsers, isOfClients), Clients(ref from, candidateUsers, isOfClients));
        if (isOfClients) ClientErrors(ref from, placebos);
        if (parts.Has(FrameParts.Sizes))
        {
            CountsFrame.ReadSizes(ref from, stable);
            CountsFrame.ReadSizes(ref from, candidate);
        }

        var byPath = parts.Has(FrameParts.Paths) ? Paths(ref from) : null;
        var tick = new Tick(seconds, stable, candidate, weights, stableUsers, candidateUsers)
        {
            IsSplitGuessed = parts.Has(FrameParts.SplitGuessed),
            IsUncapped = parts.Has(FrameParts.Uncapped),
            Top = top,
            TopClient = topClient,
            AssignsRequests = parts.Has(FrameParts.RequestsAssigned),
            StableFlow = stableFlow,
            CandidateFlow = candidateFlow,
            Metrics = pairs,
            Placebos = placebos,
            Paths = byPath,
        };
        return new RecordedTick(at, before, comparison, cohort, generation, tick, begins);
    }

    private static Beginning Begins(ref FrameReader from) =>
        new((BeginCause)from.Index((int)BeginCause.Buckets + 1), from.Part().ToArray(), from.Part().ToArray());

    private static (Comparison Comparison, string? Cohort, long Generation, Weights Weights) Context(ref FrameReader from)
    {
        var comparison = (Comparison)from.Index((int)Comparison.Shadow + 1);
        var generation = from.Count();
        var weights = Weights.OfCandidate(from.Index(Weights.Total + 1));
        return (comparison, from.Index(2) == 0 ? null : Encoding.UTF8.GetString(from.Part()), generation, weights);
    }

    private static UserCounts Users(ref FrameReader from, UserCounts before) => new(
        before.Users + from.Signed(), before.Errors + from.Signed(), before.SquaredErrors + from.Signed(), before.Failing + from.Signed(),
        before.Broken + from.Signed(), before.Known + from.Signed(), from.Index(2) == 1);

    private static UserFlow Flow(ref FrameReader from) => new(from.Count(), from.Count());

    private static UserFlow Active(ref FrameReader from, UserFlow flow) =>
        flow with { Active = from.Count(), RequestSquares = from.Count() };

    private MetricPair[] Metrics(ref FrameReader from)
    {
        var count = from.Index(MostMetrics + 1);
        if (metrics.Length != count) metrics = new MetricPair[count];
        for (var i = 0; i < metrics.Length; i++)
            metrics[i] = new MetricPair(from.Changed(metrics[i].Stable), from.Changed(metrics[i].Candidate));
        return metrics;
    }

    private Counts[] Placebos(ref FrameReader from)
    {
        var placebos = new Counts[from.Index(Tick.MostPlacebos + 1)];
        for (var i = 0; i < placebos.Length; i++)
        {
            placebos[i] = new Counts(Layout);
            CountsFrame.Read(ref from, placebos[i]);
        }

        return placebos;
    }

    private void Waits(ref FrameReader from, Counts[]? placebos)
    {
        CountsFrame.ReadWaits(ref from, stable);
        CountsFrame.ReadWaits(ref from, candidate);
        foreach (var placebo in placebos ?? []) CountsFrame.ReadWaits(ref from, placebo);
    }

    private void Excess(ref FrameReader from, Counts[]? placebos)
    {
        (stable.Excess, candidate.Excess) = (from.Signed(), from.Signed());
        foreach (var placebo in placebos ?? []) placebo.Excess = from.Signed();
    }

    private PathGroups? Paths(ref FrameReader from)
    {
        var depth = from.Index(PathGroups.MostDepth + 2) - 1;
        if (depth >= 0)
        {
            var names = new string[from.Index(PathGroups.Most + 1)];
            for (var i = 0; i < names.Length; i++) names[i] = Encoding.UTF8.GetString(from.Part());
            paths = depth == 0 ? PathGroups.OfNames(names) : PathGroups.Of(depth, names);
        }

        if (paths is null) return null;
        CountsFrame.ReadPaths(ref from, stable, paths.Count);
        CountsFrame.ReadPaths(ref from, candidate, paths.Count);
        return paths;
    }

    private static UserCounts Clients(ref FrameReader from, UserCounts users, bool isThere) => users with
    {
        ClientErrors = isThere ? from.Count() : 0,
        SquaredClientErrors = isThere ? from.Count() : 0,
        ClientFailing = isThere ? from.Count() : 0,
    };

    private void ClientErrors(ref FrameReader from, Counts[]? placebos)
    {
        CountsFrame.ReadClientErrors(ref from, stable);
        CountsFrame.ReadClientErrors(ref from, candidate);
        foreach (var placebo in placebos ?? []) CountsFrame.ReadClientErrors(ref from, placebo);
    }

    private static TopUser Top(ref FrameReader from) =>
        new((uint)from.Count(), from.Count(), from.Count(), from.Count(), from.Count(), from.Count());

    private static LatencyLayout? LayoutOf(double[] edges)
    {
        if (edges.Length == 0) return LatencyLayout.Proxy;
        try
        {
            return LatencyLayout.Of(edges);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

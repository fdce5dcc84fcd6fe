using System.Buffers;
using System.Text;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Recording;

/// <summary>Collects ticks of one rollout, in their order, into a piece: about 100 to 250 bytes a tick.</summary>
/// <remarks>
/// A piece stands alone: it is sealed against damage, and read by <see cref="TickReader"/> without any other. Adding
/// allocates nothing once the buffer has grown.
/// </remarks>
/// <param name="layout">The layout of all counts in it.</param>
public sealed class TickWriter(LatencyLayout layout)
{
    /// <summary>The newest version, and the oldest that is still read: up to <see cref="FrameParts.Waits"/>.</summary>
    internal const byte Version = 6, OldestVersion = 2;

    private readonly ArrayBufferWriter<byte> frames = new(512);

    // The frame before, which the next one tells its difference from.
    private Comparison comparison;
    private string? cohort;
    private long generation;
    private Weights weights;
    private UserCounts stableUsers;
    private UserCounts candidateUsers;
    private MetricPair[] metrics = [];
    private PathGroups? paths;
    private long before;

    public LatencyLayout Layout => layout;

    public int Count { get; private set; }

    /// <summary>The end of the first tick; meaningless without one.</summary>
    public DateTimeOffset From { get; private set; }

    /// <summary>The end of the newest tick.</summary>
    public DateTimeOffset To { get; private set; }

    /// <summary>Bytes of the ticks so far.</summary>
    public int Bytes => frames.WrittenCount;

    /// <summary>What it holds in memory.</summary>
    public int Capacity => frames.Capacity;

    public void Clear()
    {
        frames.ResetWrittenCount();
        (Count, comparison, cohort, generation, weights, stableUsers, candidateUsers, before) = (
            0, Comparison.None, null, 0, default, default, default, 0);
        paths = null;
        Array.Clear(metrics);
    }

    public void Add(in RecordedTick recorded)
    {
        var to = new StateWriter(frames);
        var tick = recorded.Tick;
        var length = (long)Math.Round(tick.Seconds * TimeSpan.TicksPerSecond);
        var parts = PartsOf(recorded, length);
        to.Count((int)parts);
        to.Signed(recorded.At.UtcTicks - (Count == 0 ? 0 : To.UtcTicks) - length);
        to.Count(length);
        if (parts.Has(FrameParts.RawSeconds)) to.Double(tick.Seconds);
        if (parts.Has(FrameParts.Before)) to.Count(recorded.Before);
        if (parts.Has(FrameParts.Begins)) Write(to, recorded.Begins!);
        if (parts.Has(FrameParts.Context)) Write(to, recorded);
        CountsFrame.Write(to, tick.Stable);
        CountsFrame.Write(to, tick.Candidate);
        if (parts.Has(FrameParts.Users))
        {
            Write(to, tick.StableUsers, stableUsers);
            Write(to, tick.CandidateUsers, candidateUsers);
            (stableUsers, candidateUsers) = (tick.StableUsers, tick.CandidateUsers);
        }

        if (parts.Has(FrameParts.Flow)) WriteFlow(to, tick.StableFlow, tick.CandidateFlow);
        if (parts.Has(FrameParts.Activity)) WriteActivity(to, tick.StableFlow, tick.CandidateFlow);
        if (parts.Has(FrameParts.Metrics)) Write(to, tick.Metrics!);
        if (parts.Has(FrameParts.Placebos)) Write(to, tick.Placebos!);
        if (parts.Has(FrameParts.Waits)) WriteWaits(to, tick);
        if (parts.Has(FrameParts.Excess)) WriteExcess(to, tick);
        if (parts.Has(FrameParts.TopUser)) Write(to, tick.Top);
        if (parts.Has(FrameParts.TopClient)) Write(to, tick.TopClient);
        if (parts.Has(FrameParts.ClientErrors)) WriteClientErrors(to, tick);
        if (parts.Has(FrameParts.Sizes)) WriteSizes(to, tick);
        if (parts.Has(FrameParts.Paths)) WritePaths(to, tick);
        if (Count == 0) From = recorded.At;
        To = recorded.At;
        before = recorded.Before + 1;
        Count++;
    }

    /// <summary>The sealed piece; what is in it stays.</summary>
    /// <param name="number">The number that its first tick has in the recording.</param>
    /// <param name="destination">Where it is written to.</param>
    public void Save(long number, IBufferWriter<byte> destination)
    {
        var body = new ArrayBufferWriter<byte>(64 + frames.WrittenCount);
        var to = new StateWriter(body);
        to.Count(Version);
        to.Count(number);
        to.Count(Count);
        if (layout.Matches(LatencyLayout.Proxy))
        {
            to.Count(0);
        }
        else
        {
            to.Count(layout.Edges.Length);
            to.Doubles(layout.Edges);
        }

        body.Write(frames.WrittenSpan);
        Sealed.Write(body.WrittenSpan, destination);
    }

    private FrameParts PartsOf(in RecordedTick recorded, long length)
    {
        var tick = recorded.Tick;
        var parts = FrameParts.None;
        if (new TimeSpan(length).TotalSeconds != tick.Seconds) parts |= FrameParts.RawSeconds;
        if (recorded.Before != before) parts |= FrameParts.Before;
        if (recorded.Begins is not null) parts |= FrameParts.Begins;
        if (Count == 0
            || recorded.Comparison != comparison
            || recorded.Generation != generation
            || tick.Weights != weights
            || recorded.Cohort != cohort)
            parts |= FrameParts.Context;
        if (tick.StableUsers != stableUsers || tick.CandidateUsers != candidateUsers) parts |= FrameParts.Users;
        if (tick.StableFlow.HasSessions || tick.CandidateFlow.HasSessions) parts |= FrameParts.Flow;
        if (tick.StableFlow.HasActivity || tick.CandidateFlow.HasActivity) parts |= FrameParts.Activity;
        if (tick.Metrics is not null) parts |= FrameParts.Metrics;
        if (tick.Placebos is not null) parts |= FrameParts.Placebos;
        if (Any(tick, static counts => counts.HasWaits)) parts |= FrameParts.Waits;
        if (Any(tick, static counts => counts.Excess != 0)) parts |= FrameParts.Excess;
        if (tick.IsUncapped) parts |= FrameParts.Uncapped;
        if (tick.Top != default) parts |= FrameParts.TopUser;
        if (tick.TopClient != default) parts |= FrameParts.TopClient;
        if (tick.StableUsers.HasClientErrors || tick.CandidateUsers.HasClientErrors
            || Any(tick, static counts => counts.HasClientErrors))
            parts |= FrameParts.ClientErrors;
        if (tick.Stable.HasSizes || tick.Candidate.HasSizes) parts |= FrameParts.Sizes;
        if (tick.Paths is not null) parts |= FrameParts.Paths;
        if (tick.IsSplitGuessed) parts |= FrameParts.SplitGuessed;
        if (tick.AssignsRequests) parts |= FrameParts.RequestsAssigned;
        return parts;
    }

    private static void WriteFlow(StateWriter to, UserFlow stable, UserFlow candidate)
    {
        to.Count(stable.Sessions);
        to.Count(stable.Broken);
        to.Count(candidate.Sessions);
        to.Count(candidate.Broken);
    }

    private static void WriteActivity(StateWriter to, UserFlow stable, UserFlow candidate)
    {
        to.Count(stable.Active);
        to.Count(stable.RequestSquares);
        to.Count(candidate.Active);
        to.Count(candidate.RequestSquares);
    }

    private static void Write(StateWriter to, UserCounts users, UserCounts last)
    {
        to.Signed(users.Users - last.Users);
        to.Signed(users.Errors - last.Errors);
        to.Signed(users.SquaredErrors - last.SquaredErrors);
        to.Signed(users.Failing - last.Failing);
        to.Signed(users.Broken - last.Broken);
        to.Signed(users.Known - last.Known);
        to.Count(users.IsFull ? 1 : 0);
    }

    private void Write(StateWriter to, Beginning begins)
    {
        to.Count((int)begins.Cause);
        Write(to, begins.Analysis.Span);
        Write(to, begins.Baseline.Span);
    }

    private void Write(StateWriter to, in RecordedTick recorded)
    {
        (comparison, cohort, generation, weights) = (recorded.Comparison, recorded.Cohort, recorded.Generation, recorded.Tick.Weights);
        to.Count((int)comparison);
        to.Count(generation);
        to.Count(weights.Candidate);
        to.Count(cohort is null ? 0 : 1);
        if (cohort is not null) Write(to, Encoding.UTF8.GetBytes(cohort));
    }

    private void Write(StateWriter to, MetricPair[] pairs)
    {
        if (metrics.Length != pairs.Length) metrics = new MetricPair[pairs.Length];
        to.Count(pairs.Length);
        for (var i = 0; i < pairs.Length; i++)
        {
            to.Changed(pairs[i].Stable, metrics[i].Stable);
            to.Changed(pairs[i].Candidate, metrics[i].Candidate);
            metrics[i] = pairs[i];
        }
    }

    private static void Write(StateWriter to, Counts[] placebos)
    {
        var kept = Kept(placebos);
        to.Count(kept.Length);
        foreach (var placebo in kept) CountsFrame.Write(to, placebo);
    }

    private static bool Any(in Tick tick, Func<Counts, bool> isSo)
    {
        foreach (var placebo in Kept(tick.Placebos))
            if (isSo(placebo)) return true;
        return isSo(tick.Stable) || isSo(tick.Candidate);
    }

    private static void WriteExcess(StateWriter to, in Tick tick)
    {
        to.Signed(tick.Stable.Excess);
        to.Signed(tick.Candidate.Excess);
        foreach (var placebo in Kept(tick.Placebos)) to.Signed(placebo.Excess);
    }

    private static void Write(StateWriter to, in TopUser top)
    {
        to.Count(top.Hash);
        to.Count(top.Requests);
        to.Count(top.Errors);
        to.Count(top.Of);
        to.Count(top.StableRequests);
        to.Count(top.StableErrors);
    }

    private static void WriteWaits(StateWriter to, in Tick tick)
    {
        CountsFrame.WriteWaits(to, tick.Stable);
        CountsFrame.WriteWaits(to, tick.Candidate);
        foreach (var placebo in Kept(tick.Placebos)) CountsFrame.WriteWaits(to, placebo);
    }

    private static void WriteClientErrors(StateWriter to, in Tick tick)
    {
        foreach (var users in (ReadOnlySpan<UserCounts>)[tick.StableUsers, tick.CandidateUsers])
        {
            to.Count(users.ClientErrors);
            to.Count(users.SquaredClientErrors);
            to.Count(users.ClientFailing);
        }

        CountsFrame.WriteClientErrors(to, tick.Stable);
        CountsFrame.WriteClientErrors(to, tick.Candidate);
        foreach (var placebo in Kept(tick.Placebos)) CountsFrame.WriteClientErrors(to, placebo);
    }

    private static void WriteSizes(StateWriter to, in Tick tick)
    {
        CountsFrame.WriteSizes(to, tick.Stable);
        CountsFrame.WriteSizes(to, tick.Candidate);
    }

    /// <summary>The groups where they are not those of the frame before, then what was counted in them.</summary>
    private void WritePaths(StateWriter to, in Tick tick)
    {
        var groups = tick.Paths!;
        var isNew = !groups.Equals(paths);
        to.Count(isNew ? 1 + groups.Depth : 0);
        if (isNew)
        {
            paths = groups;
            to.Count(groups.Names.Length);
            foreach (var name in groups.Names) Write(to, Encoding.UTF8.GetBytes(name));
        }

        CountsFrame.WritePaths(to, tick.Stable, groups.Count);
        CountsFrame.WritePaths(to, tick.Candidate, groups.Count);
    }

    private static Span<Counts> Kept(Counts[]? placebos) => placebos.AsSpan(0, Math.Min(placebos?.Length ?? 0, Tick.MostPlacebos));

    private void Write(StateWriter to, ReadOnlySpan<byte> part)
    {
        to.Count(part.Length);
        frames.Write(part);
    }
}

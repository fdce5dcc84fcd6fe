using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Recording;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Tests.Judging;
using TrafficCtl.TestKit;
using Xunit;
using Version = TrafficCtl.Core.Tests.Judging.Version;

namespace TrafficCtl.Core.Tests.Recording;

public class TickCodecTests
{
    private static readonly LatencyLayout Coarse = LatencyLayout.Of([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]);

    private static Config Runs => Config.QuickThrowOnFailure.WithReplay(20_261_121, 7);

    [Fact]
    public void Every_tick_comes_back_as_it_was_absorbed()
    {
        Check.One(Runs.WithMaxTest(400), Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var layout = seed % 3 == 0 ? Coarse : LatencyLayout.Proxy;
            var ticks = RandomTicks.Of(seed, layout);
            var reader = TickReader.Open(Saved(ticks, layout, 41))!;
            Assert.Equal((41, ticks.Count, layout.Count), (reader.Number, reader.Count, reader.Layout.Count));
            foreach (var expected in ticks)
            {
                Assert.True(reader.TryNext(out var actual));
                Same(expected, actual);
            }

            Assert.False(reader.TryNext(out _));
        }));
    }

    [Fact]
    public void A_writer_that_was_cleared_begins_a_piece_that_stands_alone()
    {
        var writer = new TickWriter(LatencyLayout.Proxy);
        foreach (var tick in RandomTicks.Of(5, LatencyLayout.Proxy)) writer.Add(tick);
        writer.Clear();
        var ticks = RandomTicks.Of(6, LatencyLayout.Proxy);
        foreach (var tick in ticks) writer.Add(tick);
        var piece = new ArrayBufferWriter<byte>();
        writer.Save(0, piece);
        Assert.Equal(Saved(ticks, LatencyLayout.Proxy, 0).ToArray(), piece.WrittenSpan.ToArray());
        Assert.Equal((ticks.Count, ticks[0].At, ticks[^1].At), (writer.Count, writer.From, writer.To));
    }

    [Fact]
    public void Damage_is_noticed_wherever_it_is()
    {
        var piece = Saved(RandomTicks.Of(3, LatencyLayout.Proxy), LatencyLayout.Proxy, 0).ToArray();
        for (var i = 0; i < piece.Length; i++)
        {
            piece[i] ^= 4;
            Assert.Null(TickReader.Open(piece));
            piece[i] ^= 4;
            Assert.Null(TickReader.Open(piece.AsMemory(0, i)));
        }

        Assert.NotNull(TickReader.Open(piece));
    }

    [Fact]
    public void Bytes_that_are_no_ticks_are_refused_and_not_guessed_although_their_seal_holds()
    {
        Check.One(Runs.WithMaxTest(2000), Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            var piece = new ArrayBufferWriter<byte>();
            Sealed.Write([TickWriter.Version, 0, 2, 0, .. bytes], piece);
            if (TickReader.Open(piece.WrittenMemory) is not { } reader) return;
            Assert.Throws<FormatException>(() =>
            {
                while (reader.TryNext(out _))
                {
                }
            });
        }));
    }

    [Theory]
    [InlineData(20, 160)]
    [InlineData(100, 230)]
    [InlineData(1000, 420)]
    public void A_tick_takes_few_bytes_before_it_is_compressed(int rps, int most)
    {
        var (writer, ticks) = Typical(rps, 60);
        Assert.InRange(writer.Bytes / ticks, 10, most);
    }

    [Fact]
    public void Recording_allocates_nothing_once_the_buffer_has_grown()
    {
        var (writer, _) = Typical(100, 60);
        writer.Clear();
        var tick = new Simulation(2, 100, 5).Next(new Version(), new Version(), Weights.OfCandidate(500));
        var recorded = new RecordedTick(DateTimeOffset.UnixEpoch, 0, Comparison.Concurrent, null, 0, tick);
        for (var i = 0; i < 5; i++) writer.Add(recorded);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            writer.Clear();
            for (var i = 0; i < 20; i++) writer.Add(recorded);
        }));
    }

    private static (TickWriter Writer, int Ticks) Typical(int rps, int ticks)
    {
        var traffic = new Simulation(1, rps, 5);
        var writer = new TickWriter(LatencyLayout.Proxy);
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < ticks; i++)
        {
            at += TimeSpan.FromSeconds(5);
            writer.Add(new RecordedTick(
                at, i, Comparison.Concurrent, null, 0,
                traffic.Next(new Version(Errors: 0.001), new Version(Errors: 0.001), Weights.OfCandidate(2500))));
        }

        return (writer, ticks);
    }

    private static ReadOnlyMemory<byte> Saved(List<RecordedTick> ticks, LatencyLayout layout, long number)
    {
        var writer = new TickWriter(layout);
        foreach (var tick in ticks) writer.Add(tick);
        var piece = new ArrayBufferWriter<byte>();
        writer.Save(number, piece);
        return piece.WrittenMemory;
    }

    private static void Same(RecordedTick expected, RecordedTick actual)
    {
        Assert.Equal(
            (expected.At, expected.Before, expected.Comparison, expected.Cohort, expected.Generation),
            (actual.At, actual.Before, actual.Comparison, actual.Cohort, actual.Generation));
        Assert.Equal(expected.Begins?.Cause, actual.Begins?.Cause);
        Assert.Equal(expected.Begins?.Analysis.ToArray(), actual.Begins?.Analysis.ToArray());
        Assert.Equal(expected.Begins?.Baseline.ToArray(), actual.Begins?.Baseline.ToArray());
        var (was, now) = (expected.Tick, actual.Tick);
        Assert.Equal(BitConverter.DoubleToInt64Bits(was.Seconds), BitConverter.DoubleToInt64Bits(now.Seconds));
        Assert.Equal(
            (was.Weights, was.StableUsers, was.CandidateUsers, was.StableFlow, was.CandidateFlow),
            (now.Weights, now.StableUsers, now.CandidateUsers, now.StableFlow, now.CandidateFlow));
        Assert.Equal((was.IsUncapped, was.Top), (now.IsUncapped, now.Top));
        Assert.Equal(Bits(was.Metrics), Bits(now.Metrics));
        Same(was.Stable, now.Stable);
        Same(was.Candidate, now.Candidate);
        Assert.Equal(was.Paths, now.Paths);
        Assert.Equal(was.Placebos?.Length, now.Placebos?.Length);
        for (var i = 0; i < was.Placebos?.Length; i++) Same(was.Placebos[i], now.Placebos![i]);
        if (was.Paths is not { } groups) return;
        Assert.Equal(PathsOf(was.Stable, groups.Count), PathsOf(now.Stable, groups.Count));
        Assert.Equal(PathsOf(was.Candidate, groups.Count), PathsOf(now.Candidate, groups.Count));
    }

    private static void Same(Counts expected, Counts actual)
    {
        Assert.Equal(expected.ByOutcome, actual.ByOutcome);
        Assert.Equal(expected.Latency, actual.Latency);
        Assert.Equal(
            (expected.CappedFailures, expected.Late, expected.CappedLate, expected.Excess),
            (actual.CappedFailures, actual.Late, actual.CappedLate, actual.Excess));
        Assert.Equal(
            (expected.TellsClientErrors, expected.CappedClientErrors, expected.ClientErrorExcess),
            (actual.TellsClientErrors, actual.CappedClientErrors, actual.ClientErrorExcess));
        Assert.Equal(expected.ByStatus ?? new long[ClientStatuses.Count], actual.ByStatus ?? new long[ClientStatuses.Count]);
        Assert.Equal(expected.Sizes ?? new long[SizeBuckets.Count], actual.Sizes ?? new long[SizeBuckets.Count]);
        Assert.Equal(expected.Abandoned ?? new long[expected.Latency.Length], actual.Abandoned ?? new long[actual.Latency.Length]);
    }

    private static long[] PathsOf(Counts counts, int groups) => counts.ByPath(groups).Values.ToArray();

    private static IEnumerable<long>? Bits(MetricPair[]? pairs) =>
        pairs?.SelectMany(p => new[] { BitConverter.DoubleToInt64Bits(p.Stable), BitConverter.DoubleToInt64Bits(p.Candidate) });
}

using System.Buffers;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Core.Recording;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit.Contracts;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Storage;

public class WindowPackingTests
{
    /// <summary>Lognormal latency, median 80 ms, sigma 0.5; one error in a thousand; every request with an identified user.</summary>
    [Theory]
    [InlineData(20, 100)]
    [InlineData(100, 150)]
    [InlineData(1000, 300)]
    public void Five_minutes_of_checkpoints_take_few_bytes_a_tick(int rps, int most)
    {
        const int pieces = 30, each = 2;
        var chance = new Random(rps);
        var writer = new TickWriter(LatencyLayout.Proxy);
        var raw = new List<byte[]>();
        var at = Examples.At;
        for (var piece = 0; piece < pieces; piece++)
        {
            writer.Clear();
            for (var i = 0; i < each; i++)
                writer.Add(new RecordedTick(
                    at += TimeSpan.FromSeconds(5), (piece * each) + i, Comparison.Concurrent, null, 0, TickOf(chance, rps)));
            var to = new ArrayBufferWriter<byte>();
            writer.Save(piece * each, to);
            raw.Add(to.WrittenSpan.ToArray());
        }

        var packed = WindowPacking.Pack(raw);
        Assert.Equal(raw, WindowPacking.Unpack(packed)!.Select(p => p.ToArray()));
        Assert.InRange(packed.Length / (double)(pieces * each), 10, most);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{rps} requests/s: {raw.Sum(r => r.Length) / (pieces * each)} bytes a tick, packed {packed.Length / (pieces * each)}");
    }

    [Fact]
    public void Damage_is_no_pieces()
    {
        var packed = WindowPacking.Pack([.. Enumerable.Range(0, 5).Select(i => new byte[100 + i])]);
        Assert.Equal(5, WindowPacking.Unpack(packed)!.Count);
        for (var length = 0; length < packed.Length; length++) Assert.Null(WindowPacking.Unpack(packed[..length]));
        Assert.Null(WindowPacking.Unpack([255, 255, 255, 127, .. packed[4..]]));
        Assert.Null(WindowPacking.Unpack([255, 255, 255, 255, .. packed[4..]]));
    }

    private static Tick TickOf(Random chance, int rps)
    {
        var (stable, candidate) = (CountsOf(chance, rps * 5 * 3 / 4), CountsOf(chance, rps * 5 / 4));
        return new Tick(5, stable, candidate, Weights.OfCandidate(2500), Users(chance, stable), Users(chance, candidate))
        {
            StableFlow = new UserFlow(chance.Next(rps), 0),
            CandidateFlow = new UserFlow(chance.Next(rps), 0),
        };
    }

    private static Counts CountsOf(Random chance, int requests)
    {
        var counts = new Counts();
        for (var i = 0; i < requests; i++)
        {
            var fails = chance.Next(1000) == 0;
            counts.ByOutcome[(int)(fails ? Outcome.ServerError : Outcome.Success)]++;
            if (fails) counts.CappedFailures++;
            var normal = Math.Sqrt(-2 * Math.Log(1 - chance.NextDouble())) * Math.Cos(2 * Math.PI * chance.NextDouble());
            counts.Latency[LatencyBuckets.IndexOf(0.08 * Math.Exp(0.5 * normal))]++;
        }

        return counts;
    }

    private static UserCounts Users(Random chance, Counts counts) =>
        new(5000 + chance.Next(300), counts.Failures, counts.Failures, counts.Failures, 0, 5000 + chance.Next(300), false);
}

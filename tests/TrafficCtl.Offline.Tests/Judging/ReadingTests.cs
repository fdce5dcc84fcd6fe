using System.Text;
using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Judging;
using TrafficCtl.Offline.Judging;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Offline.Tests.Judging;

public sealed class ReadingTests
{
    [Fact]
    public void Lines_are_the_same_however_the_stream_is_cut() => Prop.ForAll(ArbMap.Default
        .ArbFor<byte[]>(), ArbMap.Default.ArbFor<PositiveInt>(), (bytes, cut) =>
    {
        byte[] text = [.. bytes.Select(b => b % 7 == 0 ? (byte)'\n' : b)];
        var expected = Encoding.Latin1.GetString(text).Split('\n');
        if (expected[^1].Length == 0) expected = expected[..^1];
        var lines = new LineReader(new Dripping(text, cut.Get));
        var found = new List<string>();
        while (lines.TryRead(out var line, out _)) found.Add(Encoding.Latin1.GetString(line));
        return expected.SequenceEqual(found) && lines.Number == found.Count;
    }).Holds();

    [Theory]
    [InlineData(LineReader.MostBytes, false)]
    [InlineData(LineReader.MostBytes + 1, true)]
    [InlineData(5 * LineReader.MostBytes, true)]
    public void A_line_has_a_length_that_is_refused_and_the_next_one_is_read(int length, bool isRefused)
    {
        byte[] text = [.. Enumerable.Repeat((byte)'x', length), .. "\nnext\n"u8];
        foreach (var cut in new[] { 1 << 16, int.MaxValue })
        {
            var lines = new LineReader(new Dripping(text, cut));
            Assert.True(lines.TryRead(out var line, out var isTooLong));
            Assert.Equal((isRefused, isRefused ? 0 : length), (isTooLong, line.Length));
            Assert.True(lines.TryRead(out line, out isTooLong));
            Assert.Equal((false, "next"), (isTooLong, Encoding.Latin1.GetString(line)));
            Assert.False(lines.TryRead(out _, out _));
        }
    }

    [Fact]
    public void Reading_a_window_allocates_nothing()
    {
        var lines = Windows.Alike(1).Select(Encoding.UTF8.GetBytes).ToArray();
        var reader = new WindowReader(Analysis.Default);
        Assert.Null(reader.Read(lines[0]));
        Assert.Null(reader.Read(lines[1]));

        // The runtime allocates a little of its own while it compiles the loop once more: the least of some rounds is ours.
        Assert.Equal(0, Enumerable.Range(0, 5).Min(_ => BytesOf(() =>
        {
            for (var i = 0; i < 1_000; i++) reader.Read(lines[i % 2]);
        })));

        static long BytesOf(Action action)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class Dripping(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, most));
    }
}

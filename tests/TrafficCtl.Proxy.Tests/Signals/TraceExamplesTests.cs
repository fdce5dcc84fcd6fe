using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class TraceExamplesTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c", Span = "b7ad6b7169203331";
    private const string Sampled = $"00-{Trace}-{Span}-01";

    /// <summary>The clock ticks in milliseconds.</summary>
    private readonly TraceExamples examples = new(0.001);

    private readonly ManualClock clock = new();

    [Fact]
    public void Keeps_a_sampled_trace_with_how_long_its_request_took()
    {
        examples.Offer(Sampled, elapsed: 250, endedAt: 1000, clock);
        Assert.Equal([new TraceExample(Trace, Span, 0.25, clock.GetUtcNow())], examples.Newest());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData($"00-{Trace}-{Span}-00")]
    [InlineData($"00-{Trace}-{Span}")]
    [InlineData($"00-00000000000000000000000000000000-{Span}-01")]
    [InlineData($"00-{Trace}-0000000000000000-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80\"19c-b7ad6b7169203331-01")]
    [InlineData($"00-{Trace}-{Span}-0x")]
    [InlineData($"00_{Trace}_{Span}_01")]
    public void Takes_no_trace_that_is_not_sampled_or_not_well_formed(string? header)
    {
        examples.Offer(header, elapsed: 250, endedAt: 1000, clock);
        Assert.Empty(examples.Newest());
    }

    [Fact]
    public void Takes_none_of_two_headers()
    {
        examples.Offer(new([Sampled, Sampled]), elapsed: 250, endedAt: 1000, clock);
        Assert.Empty(examples.Newest());
    }

    [Fact]
    public void Keeps_one_for_each_octave_of_latency_and_no_other_within_a_second()
    {
        examples.Offer(Sampled, elapsed: 250, endedAt: 1000, clock);
        examples.Offer(Sampled, elapsed: 251, endedAt: 1999, clock);
        examples.Offer(Sampled, elapsed: 2, endedAt: 1999, clock);
        examples.Offer(Sampled, elapsed: 10_000_000, endedAt: 1999, clock);
        examples.Offer(Sampled, elapsed: 0, endedAt: 1999, clock);
        Assert.Equal([0, 0.002, 0.25, 10_000], examples.Newest().Select(e => e.Seconds));
        examples.Offer(Sampled, elapsed: 252, endedAt: 2000, clock);
        Assert.Equal([0, 0.002, 0.252, 10_000], examples.Newest().Select(e => e.Seconds));
    }

    [Fact]
    public void Allocates_nothing_between_two_examples()
    {
        examples.Offer(Sampled, elapsed: 250, endedAt: 1000, clock);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 900; i++) examples.Offer(Sampled, elapsed: 250, endedAt: 1000 + i, clock);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}

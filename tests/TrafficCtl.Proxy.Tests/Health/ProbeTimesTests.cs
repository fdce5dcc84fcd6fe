using TrafficCtl.Proxy.Health;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Health;

public sealed class ProbeTimesTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    [Fact]
    public void A_few_endpoints_are_asked_at_once_and_then_by_the_interval()
    {
        var times = Enumerable.Range(0, ProbeTimes.AtOnce).Select(i => new ProbeTimes(i, ProbeTimes.AtOnce));
        Assert.All(times, static t => Assert.Equal((TimeSpan.Zero, Interval), (t.Start, t.FirstPause(Interval))));
    }

    [Fact]
    public void Of_twenty_thousand_no_more_than_five_begin_in_a_millisecond_after_the_first_two_hundred()
    {
        var begun = Begin(20_000).CountBy(static t => t.Start.Ticks / TimeSpan.TicksPerMillisecond).OrderBy(static c => c.Key).ToArray();
        Assert.InRange(begun[0].Value, ProbeTimes.AtOnce, ProbeTimes.AtOnce + 5);
        Assert.All(begun[1..], static ms => Assert.InRange(ms.Value, 1, 5));
        Assert.Equal(20_000, begun.Sum(static c => c.Value));
        Assert.InRange(begun[^1].Key, 3_900, 4_000);
    }

    /// <summary>From the second time on each is asked one interval later than the time before, so this spread stays.</summary>
    [Fact]
    public void The_second_times_of_twenty_thousand_are_spread_over_more_than_the_interval()
    {
        var second = Begin(20_000).Select(static t => t.Start + t.FirstPause(Interval))
            .CountBy(static t => (long)(t.TotalMilliseconds / 100)).ToArray();
        Assert.All(second, static tenth => Assert.InRange(tenth.Value, 1, 20_000 / 50));
    }

    [Fact]
    public void However_many_endpoints_there_are_and_whatever_they_ask_for_a_thousand_are_asked_a_second()
    {
        double[] seconds = [.. new[] { 1, 1_000, 20_000 }.Select(static n => ProbeTimes.LeastPause(n).TotalSeconds)];
        Assert.Equal([0.001, 1, 20], seconds);
    }

    private static IEnumerable<ProbeTimes> Begin(int count) => Enumerable.Range(0, count).Select(i => new ProbeTimes(i, count));
}

using TrafficCtl.Proxy.Routing.Health;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Routing.Health;

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
    public void Of_twenty_thousand_no_more_than_ten_begin_in_a_millisecond_after_the_first_two_hundred()
    {
        var begun = Begin(20_000).CountBy(static t => t.Start.Ticks / TimeSpan.TicksPerMillisecond).OrderBy(static c => c.Key).ToArray();
        Assert.InRange(begun[0].Value, ProbeTimes.AtOnce, ProbeTimes.AtOnce + 10);
        Assert.All(begun[1..], static ms => Assert.InRange(ms.Value, 1, 10));
        Assert.Equal(20_000, begun.Sum(static c => c.Value));
        Assert.InRange(begun[^1].Key, 1_900, 2_000);
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
    public void Endpoints_that_do_not_live_are_asked_each_second_and_thousands_of_them_more_seldom()
    {
        double[] seconds = [.. new[] { 1, 5_000, 20_000 }.Select(static n => ProbeTimes.ImpatienceOf(n).TotalSeconds)];
        Assert.Equal([1, 1, 4], seconds);
    }

    private static IEnumerable<ProbeTimes> Begin(int count) => Enumerable.Range(0, count).Select(i => new ProbeTimes(i, count));
}

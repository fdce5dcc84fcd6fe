using TrafficCtl.Daemon.Access.Cluster;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access.Cluster;

public sealed class KubeRecheckTests
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private readonly ManualClock clock = new();

    [Fact]
    public async Task Asks_anew_when_the_answer_is_old_and_ends_by_a_refusal()
    {
        var (asked, isGood) = (0, true);
        var recheck = new KubeRecheck(clock, Every, () =>
        {
            asked++;
            return Task.FromResult(isGood);
        });
        clock.Advance(Every - TimeSpan.FromSeconds(1));
        Assert.True(recheck.IsStillGood());
        Assert.Equal(0, asked);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(recheck.IsStillGood());
        await Eventually.TrueAsync(() => asked == 1, "it is asked");
        isGood = false;
        clock.Advance(Every);
        await Eventually.TrueAsync(() => !recheck.IsStillGood(), "the refusal is known");
        isGood = true;
        Assert.False(recheck.IsStillGood());
    }

    [Fact]
    public void An_answer_that_cannot_be_had_ends_it_after_a_minute()
    {
        var recheck = new KubeRecheck(
            clock, Every, static () => Task.FromException<bool>(new KubeException("away", null)));
        clock.Advance(KubeRecheck.Longest - TimeSpan.FromSeconds(1));
        Assert.True(recheck.IsStillGood());
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(recheck.IsStillGood());
    }
}

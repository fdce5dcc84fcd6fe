using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class UserSharesTests
{
    private readonly UserShares stable = new(), candidate = new();

    [Fact]
    public void Three_users_that_make_half_of_both_arms_are_few_and_four_that_only_do_so_together_are_not()
    {
        Spread(stable, users: 100, each: 3);
        for (uint user = 1; user <= 3; user++) Send(candidate, user * 7919, 100);
        Assert.True(Of().IsFew);

        for (uint user = 1; user <= 4; user++) Send(stable, user * 104_729, 100);
        Assert.False(Of().IsFew);
    }

    [Fact]
    public void Requests_without_a_user_are_nobodys_share()
    {
        Send(candidate, 1, 100);
        Assert.True(Of(stableAnonymous: 50, candidateAnonymous: 50).IsFew);
        Assert.False(Of(stableAnonymous: 50, candidateAnonymous: 60).IsFew);
        Assert.False(Concentration.Of(new UserShares(), new UserShares(), 0, 0).IsFew);
    }

    [Fact]
    public void The_user_with_most_failures_is_told_with_what_it_met_on_stable()
    {
        Spread(candidate, users: 100, each: 8);
        Send(stable, 4711, 30);
        Send(candidate, 4711, 150, failed: true);
        Send(candidate, 42, 40, failed: true);
        Spread(stable, users: 100, each: 8);

        var top = Of(candidateAnonymous: 10).Top;

        Assert.Equal((4711u, 1000L), (top.Hash, top.Of));
        // The slot may be shared: with few others.
        Assert.InRange(top.Requests, 150, 166);
        Assert.Equal((150, 0), (top.Errors, top.StableErrors));
        Assert.InRange(top.StableRequests, 30, 46);
    }

    [Fact]
    public void The_user_with_most_client_errors_is_told_apart_from_the_one_with_most_failures()
    {
        for (var i = 0; i < 200; i++) stable.Record(4711, failed: false);
        for (var i = 0; i < 90; i++) candidate.Record(4711, failed: false, isClientError: true);
        for (var i = 0; i < 300; i++) (i % 2 == 0 ? candidate : stable).Record(99, failed: false, isClientError: true);
        Send(candidate, 42, 40, failed: true);
        var of = Of();
        Assert.Equal((42u, 40L), (of.Top.Hash, of.Top.Errors));
        Assert.Equal(new TopUser(4711, 90, 90, 280, 200, 0), of.TopClient);
    }

    [Fact]
    public void A_user_that_fails_on_both_arms_hides_nobody_who_fails_here_alone()
    {
        Send(stable, 42, 500, failed: true);
        Send(candidate, 42, 500, failed: true);
        Send(candidate, 4711, 50, failed: true);
        Assert.Equal(4711u, Of().Top.Hash);
    }

    [Fact]
    public void Ten_minutes_are_forgotten_and_what_stable_was_to_a_user_fades_slowly()
    {
        candidate.Advance(0);
        stable.Advance(0);
        Send(candidate, 4711, 100, failed: true);
        Send(stable, 4711, 1000, failed: true);
        for (var second = 0; second <= 600; second += 60)
        {
            Assert.Equal(second < 600 ? 100 : 0, candidate.Read(SlotOf(4711)).Failures);
            candidate.Advance(second + 60);
            stable.Advance(second + 60);
        }

        Assert.Equal(-1, candidate.MostFailing(stable));
        Assert.Equal(new TopUser(0, 0, 0, 5, 0, 0), Of(candidateAnonymous: 5).Top);
        Assert.InRange(stable.Remember(SlotOf(4711)).Failures, 900, 1000);
        for (var second = 660; second <= 660 + 3600; second += 60) stable.Advance(second);
        Assert.InRange(stable.Remember(SlotOf(4711)).Failures, 450, 550);
    }

    [Fact]
    public void Nothing_is_allocated_per_request()
    {
        candidate.Record(1, failed: true);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (uint user = 0; user < 10_000; user++) candidate.Record(user, failed: user % 3 == 0);
        }));
    }

    private static int SlotOf(uint user)
    {
        var alone = new UserShares();
        alone.Record(user, failed: true);
        return alone.MostFailing(new UserShares());
    }

    private Concentration Of(long stableAnonymous = 0, long candidateAnonymous = 0) =>
        Concentration.Of(stable, candidate, stableAnonymous, candidateAnonymous);

    private static void Spread(UserShares shares, uint users, int each)
    {
        for (uint user = 0; user < users; user++) Send(shares, 1_000_003 + (user * 2_654_435), each);
    }

    private static void Send(UserShares shares, uint user, int times, bool failed = false)
    {
        for (var i = 0; i < times; i++) shares.Record(user, failed);
    }
}

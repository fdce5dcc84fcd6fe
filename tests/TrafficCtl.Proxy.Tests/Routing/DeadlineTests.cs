using Microsoft.AspNetCore.Http.Features;
using TrafficCtl.Proxy.Messages;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Routing;

public sealed class DeadlineTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualClock clock = new();
    private readonly HttpRequestLifetimeFeature lifetime = new();
    private readonly Deadline deadline;

    public DeadlineTests()
    {
        deadline = new Deadline(clock);
        deadline.Begin(lifetime, Second);
    }

    private bool IsUp => lifetime.RequestAborted.IsCancellationRequested;

    [Fact]
    public void Runs_from_the_last_sign_of_life()
    {
        clock.Advance(0.9 * Second);
        deadline.Restart();
        clock.Advance(0.9 * Second);
        Assert.False(IsUp);

        clock.Advance(0.1 * Second);

        Assert.True(IsUp);
        Assert.True(deadline.End(out var clientLeft));
        Assert.False(clientLeft);
    }

    [Fact]
    public void Stands_still_while_the_client_is_waited_for()
    {
        deadline.Suspend();
        clock.Advance(100 * Second);
        Assert.False(IsUp);

        deadline.Restart();
        clock.Advance(Second);

        Assert.True(IsUp);
    }

    [Fact]
    public void Is_not_wound_up_again_by_a_body_that_moves_after_the_answer()
    {
        Assert.False(deadline.Stop());
        deadline.Restart();
        clock.Advance(100 * Second);

        Assert.False(IsUp);
    }

    [Fact]
    public void Serves_the_next_request_after_one_that_ran_out_and_after_one_that_the_client_left()
    {
        clock.Advance(Second);
        Assert.True(deadline.End(out _));
        using var leaving = new CancellationTokenSource();
        lifetime.RequestAborted = leaving.Token;
        deadline.Begin(lifetime, Second);
        leaving.Cancel();
        Assert.True(IsUp);
        Assert.False(deadline.End(out var clientLeft));
        Assert.True(clientLeft);

        lifetime.RequestAborted = default;
        deadline.Begin(lifetime, Second);

        Assert.False(IsUp);
        Assert.False(deadline.End(out clientLeft));
        Assert.False(clientLeft);
    }

    [Fact]
    public void Gives_each_request_its_whole_time_though_the_timer_runs_on_from_the_last_one()
    {
        clock.Advance(0.9 * Second);
        Assert.False(deadline.End(out _));
        BeginAnew(Second);

        clock.Advance(0.9 * Second);
        Assert.False(IsUp);
        clock.Advance(0.1 * Second);

        Assert.True(IsUp);
        Assert.True(deadline.End(out _));
    }

    [Fact]
    public void Cuts_a_request_with_less_time_though_the_timer_was_set_for_one_with_more()
    {
        Assert.False(deadline.End(out _));
        BeginAnew(0.1 * Second);

        clock.Advance(0.1 * Second);

        Assert.True(IsUp);
    }

    private void BeginAnew(TimeSpan within)
    {
        lifetime.RequestAborted = default;
        deadline.Begin(lifetime, within);
    }
}

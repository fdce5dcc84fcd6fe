using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Snapshots;

/// <summary>A person's abort in the proxy alone: no store, no control loop.</summary>
public sealed class AbortTests : IDisposable
{
    private readonly Bench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task Takes_the_candidate_to_0_and_says_who_asked()
    {
        bench.Apply(Bench.Route(1, 3300));

        var effect = await AbortAsync();

        Assert.Equal(("v1", "v2", null), (effect.Stable, effect.Candidate, effect.Warning));
        Assert.Equal(Exposure.None, bench.Serving.Effective);
        var status = bench.Observe();
        Assert.Equal((Exposure.None, 3300), (status.EffectiveExposure, status.Route.Exposure.General.Candidate));
        Assert.Null(status.Trip);
        Assert.Equal(Abort(), status.Abort);
        Assert.Equal("v2 gets 0 % by an abort that is not recorded yet (ann, 2026-01-01 00:00:00Z: on fire)", status.Withheld);
        Assert.False(bench.Router.Totals()[0].Latched, "the breaker did not trip");
    }

    [Theory]
    [InlineData("checkout-default-1")]
    [InlineData("checkout-default-2")]
    public async Task Holds_every_rollout_that_arrives_until_the_store_has_answered(string id)
    {
        bench.Apply(Bench.Route(1, 3300));
        await AbortAsync();

        Assert.Equal(ApplyOutcome.Applied, bench.Apply(Bench.Route(2, 9500, id)));
        Assert.Equal(Exposure.None, bench.Serving.Effective);

        bench.Restart();
        bench.Apply(Bench.Route(3, 9500, id));
        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Equal(Abort(), bench.Observe().Abort);
    }

    [Fact]
    public async Task Holds_what_the_store_will_name_when_no_rollout_is_known_here()
    {
        Assert.Null((await AbortAsync()).Candidate);

        bench.Restart();
        bench.Apply(Bench.Route(7, 3300, "checkout-default-4"));

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Equal(Abort(), bench.Observe().Abort);
    }

    [Fact]
    public async Task Stays_closed_for_its_rollout_after_the_answer_and_opens_for_the_next_one()
    {
        bench.Apply(Bench.Route(1, 3300));
        await AbortAsync();
        bench.Apply(Bench.Route(2, 0));
        await bench.Router.AnsweredAsync(Abort(), default);

        Assert.Null(bench.Observe().Abort);
        bench.Apply(Bench.Route(3, 9500));
        Assert.Equal(Exposure.None, bench.Serving.Effective);

        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 4, "v1"));
        bench.Apply(Bench.Route(5, 500, "checkout-default-2", "v3"));
        Assert.Equal(500, bench.Serving.Effective.General.Candidate);
        bench.Restart();
        Assert.Equal(500, bench.Serving.Effective.General.Candidate);
    }

    [Fact]
    public async Task Opens_at_once_when_it_was_about_no_rollout()
    {
        await AbortAsync();
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 4, "v1"));
        await bench.Router.AnsweredAsync(Abort(), default);

        bench.Apply(Bench.Route(5, 500));

        Assert.Equal(500, bench.Serving.Effective.General.Candidate);
    }

    [Fact]
    public async Task Is_not_opened_by_the_answer_to_another_abort()
    {
        bench.Apply(Bench.Route(1, 3300));
        await AbortAsync();

        await bench.Router.AnsweredAsync(Abort() with { Who = "bob" }, default);

        Assert.Equal(Abort(), bench.Observe().Abort);
    }

    [Fact]
    public async Task Keeps_the_first_of_two_as_the_one_that_is_to_be_recorded()
    {
        bench.Apply(Bench.Route(1, 3300));
        await AbortAsync();

        var second = await bench.Router.AbortAsync(Abort() with { Who = "bob" }, default);

        Assert.Equal("ann", second!.Held.Who);
        Assert.Equal(Abort(), bench.Observe().Abort);
    }

    [Fact]
    public async Task Leaves_the_breaker_its_word_on_a_rollout_that_it_had_stopped()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.FailUntilTripped();
        await AbortAsync();

        Assert.NotNull(bench.Observe().Trip);
        bench.Restart();
        Assert.Equal(("checkout-default-1", Abort()), (bench.Observe().Trip!.RolloutId, bench.Observe().Abort));
    }

    [Fact]
    public async Task Is_kept_by_a_restart_from_a_stale_snapshot()
    {
        bench.Apply(Bench.Route(1, 3300));
        await AbortAsync();

        bench.Restart();

        Assert.Equal(3300, bench.Serving.Route.Exposure.General.Candidate);
        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Equal(Abort(), bench.Observe().Abort);
    }

    [Fact]
    public async Task Holds_in_memory_with_a_warning_where_nothing_can_be_written_and_no_candidate_is_served_after_a_restart()
    {
        bench.Apply(Bench.Route(1, 3300));
        // A directory in the file's place: not writable even for root.
        File.Delete(bench.LatchFile);
        System.IO.Directory.CreateDirectory(bench.LatchFile);

        var effect = await AbortAsync();

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Contains($"cannot write {bench.LatchFile}", effect.Warning, StringComparison.Ordinal);
        Assert.Contains("a restart would lose them", effect.Warning, StringComparison.Ordinal);
        bench.Restart();
        Assert.Equal(Exposure.None, bench.Serving.Effective);
        Assert.Contains("it is unknown whether", bench.Observe().Withheld, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_wait_for_a_disk_that_hangs()
    {
        bench.Apply(Bench.Route(1, 3300));
        File.Delete(bench.LatchFile);
        using (var made = System.Diagnostics.Process.Start("mkfifo", [bench.LatchFile])) await made.WaitForExitAsync();

        // Only the abort is to meet the pipe, and not a tick of the breaker.
        bench.Router.Dispose();
        var aborting = bench.Router.AbortAsync(Abort(), default).AsTask();

        Assert.Equal(Exposure.None, bench.Serving.Effective);
        bench.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Contains("not written yet", (await aborting.WaitAsync(TimeSpan.FromMinutes(1)))!.Warning, StringComparison.Ordinal);
        using var reader = System.Diagnostics.Process.Start("cat", [bench.LatchFile]);
        await reader.WaitForExitAsync();
    }

    [Fact]
    public async Task A_latch_leaves_the_file_only_after_the_route_that_opens_it_is_on_the_disk()
    {
        bench.Apply(Bench.Route(1, 3300));
        await AbortAsync();
        bench.Apply(Bench.Route(2, 0));
        await bench.Router.AnsweredAsync(Abort(), default);
        var obstacle = System.IO.Directory.CreateDirectory(Path.Combine(bench.Directory, "snapshot.json.tmp"));
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 3, "v1"));

        // The snapshot still names the rollout: so must the latch.
        Assert.Contains("checkout-default-1", File.ReadAllText(bench.LatchFile), StringComparison.Ordinal);

        obstacle.Delete();
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 3, "v1"));
        Assert.DoesNotContain("checkout-default-1", File.ReadAllText(bench.LatchFile), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Knows_no_service_that_it_does_not_serve() =>
        Assert.Null(await bench.Router.AbortAsync(Abort() with { Key = Keys.Of("search") }, default));

    private async Task<AbortEffect> AbortAsync() => (await bench.Router.AbortAsync(Abort(), default))!;

    private static Wish Abort() => new(
        0, Keys.Of(Bench.Service), WishKind.Abort, null, "ann", "on fire", "127.0.0.1",
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
}

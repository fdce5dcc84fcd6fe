using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Tests.Storage;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Leading;

public sealed class LeaseElectionTests
{
    private static readonly TimeSpan Any = TimeSpan.FromSeconds(10);

    private readonly ManualClock clock = new();
    private readonly MemoryKube kube = new();

    [Fact]
    public async Task The_first_candidate_makes_the_Lease_and_the_second_waits_for_as_long_as_it_saw_no_renewal()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        Assert.True(await a.TryAsync(Any, default));
        Assert.False(await b.TryAsync(Any, default));
        Assert.Equal("a", b.Holder);
        clock.Advance(TimeSpan.FromSeconds(14));
        Assert.False(await b.TryAsync(Any, default));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await b.TryAsync(Any, default));
        Assert.Equal(1, b.Current!.Value.Transitions);
        Assert.False(a.Holds(TimeSpan.Zero));
    }

    [Fact]
    public async Task A_renewal_keeps_the_others_waiting_and_its_term()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.TryAsync(Any, default);
        for (var i = 0; i < 30; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(2));
            Assert.True(await a.TryAsync(Any, default));
            Assert.False(await b.TryAsync(Any, default));
        }

        Assert.Equal(0, a.Current!.Value.Transitions);
    }

    [Fact]
    public async Task A_Lease_that_somebody_filled_with_nonsense_ends_no_election()
    {
        var a = Candidate("a");
        await a.TryAsync(Any, default);
        kube.Edit(Lease, l => l["spec"]!["leaseDurationSeconds"] = "fifteen");
        kube.Edit(Lease, l => l["spec"]!["holderIdentity"] = "b");
        Assert.False(await a.TryAsync(Any, default));
        kube.Edit(Lease, l => l["spec"]!["leaseDurationSeconds"] = 15);
        clock.Advance(TimeSpan.FromSeconds(16));
        await a.TryAsync(Any, default);
        clock.Advance(TimeSpan.FromSeconds(16));
        Assert.True(await a.TryAsync(Any, default));
    }

    [Fact]
    public async Task What_is_the_last_to_lead_takes_the_Lease_and_begins_when_the_holder_has_surely_stopped()
    {
        var (a, last) = (Candidate("a"), Last("uninstall"));
        await a.TryAsync(Any, default);
        Assert.False(await last.TryAsync(Any, default));
        Assert.Equal("uninstall", last.Holder);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(await a.TryAsync(Any, default));
        Assert.False(a.IsLeading);
        clock.Advance(TimeSpan.FromSeconds(12));
        Assert.False(await last.TryAsync(Any, default));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await last.TryAsync(Any, default));
        Assert.True(last.Holds(TimeSpan.FromSeconds(5)));
        Assert.Equal(1, last.Current!.Value.Transitions);
        Assert.False(await a.TryAsync(Any, default));
    }

    [Fact]
    public async Task After_the_last_to_lead_nobody_does_for_its_lease_duration_but_another_such_work_may_begin_at_once()
    {
        var last = Last("uninstall");
        using var stop = new CancellationTokenSource();
        await last.RunAsync(async _ => await stop.CancelAsync(), stop.Token);
        var a = Candidate("a");
        Assert.False(await a.TryAsync(Any, default));

        var again = Last("again");
        Assert.False(await again.TryAsync(Any, default));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await again.TryAsync(Any, default));

        var b = Candidate("b");
        Assert.False(await b.TryAsync(Any, default));
        clock.Advance(TimeSpan.FromSeconds(119));
        Assert.False(await b.TryAsync(Any, default));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await b.TryAsync(Any, default));
    }

    [Fact]
    public async Task The_Lease_is_taken_once_so_that_two_who_take_do_not_fight()
    {
        var (one, two) = (Last("one"), Last("two"));
        Assert.True(await one.TryAsync(Any, default));
        Assert.False(await two.TryAsync(Any, default));
        clock.Advance(TimeSpan.FromSeconds(2));
        // It was free when it was got, so it may be taken back once.
        Assert.False(await one.TryAsync(Any, default));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(await two.TryAsync(Any, default));
        Assert.Equal("one", two.Holder);
        clock.Advance(TimeSpan.FromSeconds(119));
        Assert.True(await one.TryAsync(Any, default));
    }

    [Fact]
    public async Task A_write_is_sent_only_while_the_leadership_outlasts_it()
    {
        var a = Candidate("a");
        await a.TryAsync(Any, default);
        clock.Advance(TimeSpan.FromSeconds(4));
        Assert.True(a.Holds(TimeSpan.FromSeconds(5)));
        Assert.False(a.Holds(TimeSpan.FromSeconds(6)));

        var guarded = new GuardedKube(kube, a, TimeSpan.FromSeconds(6), clock);
        var calls = kube.Calls.Count;
        var refused = await Assert.ThrowsAsync<KubeException>(() => guarded.PatchAsync(Lease, KubePatch.Merge([]), null, default).AsTask());
        Assert.Equal((KubeException.NotLeading, false, calls), (refused.Reason, refused.IsInDoubt, kube.Calls.Count));
        Assert.NotNull(await guarded.GetAsync(Lease, default));
    }

    [Fact]
    public async Task A_machine_that_slept_leads_no_longer_also_where_its_monotonic_clock_slept_too()
    {
        var a = Candidate("a");
        await a.TryAsync(Any, default);
        clock.Set(TimeSpan.FromMinutes(5));
        Assert.False(a.Holds(TimeSpan.Zero));
    }

    [Fact]
    public async Task A_lost_answer_is_no_leadership_until_it_is_confirmed()
    {
        var a = Candidate("a");
        kube.After = _ => new KubeException("the answer was lost", null);
        Assert.False(await a.TryAsync(Any, default));
        Assert.False(a.Holds(TimeSpan.Zero));
        kube.After = _ => null;
        Assert.True(await a.TryAsync(Any, default));
    }

    [Fact]
    public async Task A_conflict_is_another_ones_turn()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.TryAsync(Any, default);
        await b.TryAsync(Any, default);
        clock.Advance(TimeSpan.FromSeconds(16));
        kube.Before = call => call.StartsWith("replace", StringComparison.Ordinal)
            ? new KubeException("conflict", HttpStatusCode.Conflict, "Conflict")
            : null;
        Assert.False(await b.TryAsync(Any, default));
        kube.Before = _ => null;
        Assert.True(await b.TryAsync(Any, default));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Never_do_two_lead_at_once_whatever_pauses_fails_or_is_lost(int seed)
    {
        var chance = new Random(seed);
        var clocks = Enumerable.Range(0, 3).Select(i => new Elsewhere(clock, TimeSpan.FromHours(i * 7))).ToArray();
        var all = clocks.Select((c, i) => Candidate($"m{i}", c)).ToArray();
        var reigns = 0;
        for (var step = 0; step < 20_000; step++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(chance.Next(chance.Next(20) == 0 ? 20_000 : 700)));
            var fault = chance.Next(12);
            kube.Before = _ => fault == 0 ? new KubeException("gone", null) : null;
            kube.After = _ => fault == 1 ? new KubeException("the answer was lost", null) : null;
            var one = all[chance.Next(all.Length)];
            var led = one.IsLeading;
            if (await one.TryAsync(Any, default) && !led) reigns++;
            Assert.InRange(all.Count(e => e.Holds(TimeSpan.Zero)), 0, 1);
        }

        Assert.InRange(reigns, 20, 20_000);
    }

    [Fact]
    public async Task A_stopped_leader_ends_its_work_first_and_then_gives_the_Lease_back()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        using var stop = new CancellationTokenSource();
        var ended = false;
        var started = new TaskCompletionSource();
        var running = a.RunAsync(async term =>
        {
            started.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, term).ContinueWith(static _ => { }, TaskScheduler.Default);
            Assert.Equal("a", LeaseObject.Holder(kube.Find(Lease)!));
            ended = true;
        }, stop.Token);
        await started.Task;
        await stop.CancelAsync();
        await running;
        Assert.True(ended);
        Assert.True(await b.TryAsync(Any, default));
    }

    [Fact]
    public async Task Work_that_fails_lets_somebody_else_lead()
    {
        var a = Candidate("a");
        using var stop = new CancellationTokenSource();
        var running = a.RunAsync(_ => throw new InvalidOperationException("broken"), stop.Token);
        await Eventually.TrueAsync(() => kube.Find(Lease) is { } lease && LeaseObject.Holder(lease).Length == 0, "the Lease is given back");
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_leader_that_cannot_renew_stops_its_work_before_anybody_else_may_lead()
    {
        var a = Candidate("a");
        using var stop = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var endedAt = new TaskCompletionSource<DateTimeOffset>();
        var running = a.RunAsync(async term =>
        {
            started.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, term).ContinueWith(static _ => { }, TaskScheduler.Default);
            endedAt.TrySetResult(clock.GetUtcNow());
        }, stop.Token);
        await started.Task;
        kube.Before = _ => new KubeException("the API server is gone", null);
        await Eventually.TrueAsync(
            () =>
            {
                if (!endedAt.Task.IsCompleted) clock.Advance(TimeSpan.FromMilliseconds(100));
                return endedAt.Task.IsCompleted;
            },
            "the leader's work ends");

        Assert.False(a.IsLeading);
        await stop.CancelAsync();
        await running;
    }

    [Theory]
    [InlineData(15, 15, 2)]
    [InlineData(15, 10, 9)]
    [InlineData(0.5, 0.4, 0.1)]
    public void Times_that_let_two_lead_or_nobody_are_refused(double lease, double renew, double retry) =>
        Assert.Throws<InvalidOperationException>(() => new LeaseSettings("ops", "trafficctl", "a")
        {
            LeaseDuration = TimeSpan.FromSeconds(lease),
            RenewDeadline = TimeSpan.FromSeconds(renew),
            RetryPeriod = TimeSpan.FromSeconds(retry),
        }.Checked());

    private static KubeName Lease => new(KubeKind.Lease, "ops", "trafficctl");

    private LeaseElection Last(string identity) => new(
        kube, new LeaseSettings("ops", "trafficctl", identity) { LeaseDuration = TimeSpan.FromMinutes(2), TakesOver = true }, new Random(1),
        clock, NullLogger<LeaseElection>.Instance);

    private LeaseElection Candidate(string identity, TimeProvider? its = null) => new(
        kube, new LeaseSettings("ops", "trafficctl", identity), new Random(1), its ?? clock, NullLogger<LeaseElection>.Instance);

    /// <summary>The clock of another machine: its time of day is another, its seconds are as long.</summary>
    private sealed class Elsewhere(TimeProvider here, TimeSpan ahead) : TimeProvider
    {
        public override long TimestampFrequency => here.TimestampFrequency;

        public override long GetTimestamp() => here.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => here.GetUtcNow() + ahead;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            here.CreateTimer(callback, state, dueTime, period);
    }
}

using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Leading;

/// <summary>Two candidates, each with a client of its own, in front of one API server.</summary>
public sealed class LeaseOverHttpTests : IAsyncLifetime
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(10), Call = TimeSpan.FromSeconds(5);
    private static readonly KubePatch Patch = KubePatch.Merge(new JsonObject { ["spec"] = new JsonObject { ["number"] = 2 } });

    private readonly ManualClock clock = new();
    private readonly List<KubeClient> clients = [];
    private FakeKube kube = null!;

    public async ValueTask InitializeAsync()
    {
        kube = await FakeKube.StartAsync();
        kube.Register(KubeStage.Thing);
        kube.PutYaml("{apiVersion: acme.io/v1, kind: Thing, metadata: {name: a, namespace: shop}, spec: {number: 1}}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients) client.Dispose();
        await kube.DisposeAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_leader_that_is_cut_off_is_replaced_within_the_lease_and_two_retry_periods(int seed)
    {
        var chance = new Random(seed);
        var (a, b) = (Candidate("a"), Candidate("b"));
        Assert.True(await a.Election.TryAsync(Within, default));
        Assert.False(await b.Election.TryAsync(Within, default));
        clock.Advance(b.Election.Wait(chance));
        Assert.True(await a.Election.TryAsync(Within, default));
        var cut = clock.GetUtcNow();
        kube.Intercept = call => call.Agent == "a" ? new KubeFault.Drop() : null;

        do
        {
            clock.Advance(b.Election.Wait(chance));
            Assert.False(await a.Election.TryAsync(Within, default));
            Assert.False(a.Election.Holds(Call) && b.Election.Holds(TimeSpan.Zero));
        }
        while (!await b.Election.TryAsync(Within, default));

        Assert.False(a.Election.Holds(TimeSpan.Zero));
        Assert.InRange(clock.GetUtcNow() - cut, TimeSpan.FromSeconds(13), TimeSpan.FromSeconds(15 + (2 * 2)));
        Assert.Equal(1, b.Election.Current!.Value.Transitions);
    }

    [Fact]
    public async Task A_leader_that_was_paused_writes_nothing_when_it_wakes()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.Election.TryAsync(Within, default);
        await b.Election.TryAsync(Within, default);
        Assert.NotNull(await a.Guarded.PatchAsync(KubeStage.Named("a"), Patch, null, default));

        clock.Advance(TimeSpan.FromSeconds(16));
        Assert.True(await b.Election.TryAsync(Within, default));
        var late = await Assert.ThrowsAsync<KubeException>(
            async () => await a.Guarded.PatchAsync(KubeStage.Named("a"), Patch, null, default));

        Assert.Equal(KubeException.NotLeading, late.Reason);
        Assert.Single(kube.Calls, c => c.Verb == "patch");
        Assert.NotNull(await a.Guarded.GetAsync(KubeStage.Named("a"), default));
        Assert.NotNull(await b.Guarded.PatchAsync(KubeStage.Named("a"), Patch, null, default));
    }

    [Fact]
    public async Task A_write_that_hangs_is_given_up_before_anybody_else_may_lead()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        await a.Election.TryAsync(Within, default);
        await b.Election.TryAsync(Within, default);
        clock.Advance(TimeSpan.FromSeconds(4));
        kube.Intercept = call => call.Verb == "patch" ? new KubeFault.Hold(new TaskCompletionSource().Task) : null;

        var writing = a.Guarded.PatchAsync(KubeStage.Named("a"), Patch, null, default).AsTask();
        await Eventually.TrueAsync(() => kube.Calls.Any(c => c.Verb == "patch"), "the write is on its way");
        clock.Advance(Call);

        Assert.True((await Assert.ThrowsAsync<KubeException>(() => writing)).IsInDoubt);
        Assert.False(await b.Election.TryAsync(Within, default));
        Assert.Equal(1, kube.Get(KubeStage.Named("a"))!["spec"]!["number"]!.GetValue<int>());
    }

    [Fact]
    public async Task Of_two_that_come_at_once_one_leads()
    {
        var (a, b) = (Candidate("a"), Candidate("b"));
        var both = await Task.WhenAll(a.Election.TryAsync(Within, default).AsTask(), b.Election.TryAsync(Within, default).AsTask());

        Assert.Single(both, won => won);
        Assert.NotEqual(a.Election.Holds(Call), b.Election.Holds(Call));
    }

    private (LeaseProbe Election, GuardedKube Guarded) Candidate(string name)
    {
        var client = new KubeClient(
            KubeStage.Access(kube), clock,
            KubeClientOptions.Default with { Agent = name, CallTimeout = TimeSpan.FromDays(1), MostRetries = 0 });
        clients.Add(client);
        var settings = new LeaseSettings("ops", "trafficctl", name);
        var election = new LeaseElection(client, settings, new Random(1), clock, NullLogger<LeaseElection>.Instance);
        return (new LeaseProbe(election, settings), new GuardedKube(client, election, Call, clock));
    }

    private sealed record LeaseProbe(LeaseElection Election, LeaseSettings Settings)
    {
        public LeaderTerm? Current => Election.Current;

        public ValueTask<bool> TryAsync(TimeSpan within, CancellationToken stop) => Election.TryAsync(within, stop);

        public bool Holds(TimeSpan callTimeout) => Election.Holds(callTimeout);

        public TimeSpan Wait(Random chance) => Settings.Wait(chance);
    }
}

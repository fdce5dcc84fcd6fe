using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using TrafficCtl.TestKit.Contracts;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Storage;

/// <summary>The real loop over a store in custom resources, while the cluster's API has its bad days.</summary>
public sealed class KubeStoreLoopTests : IDisposable
{
    private const string Service = "shop.checkout";
    private static readonly TargetKey Key = new(Service, ServiceSpec.DefaultEnvironment);

    private readonly MemoryKube kube = new();
    private readonly ManualClock clock = new(Examples.At);
    private readonly FakeRouter router = new();
    private readonly FakeMetrics metrics;
    private readonly List<ServiceProvider> processes = [];

    public KubeStoreLoopTests() => metrics = new FakeMetrics(router, clock);

    public void Dispose() => processes.ForEach(p => p.Dispose());

    [Fact]
    public async Task While_the_api_is_gone_for_ten_minutes_the_split_stays_and_then_the_rollout_goes_on()
    {
        var run = Start(1);
        await UntilAsync(run, v => v.Newest?.Phase is Phase.Observing);
        var route = router.Find(Service);
        kube.Before = call => new KubeException($"{call}: no route to host", null);
        for (var i = 0; i < 600; i++) await SecondAsync(run);
        Assert.Equal(route, router.Find(Service));
        Assert.Contains(run.View.Warnings, w => w.Contains("does not answer", StringComparison.Ordinal));
        var asked = kube.Calls.Count;
        for (var i = 0; i < 16; i++) await SecondAsync(run);
        Assert.InRange(kube.Calls.Count - asked, 1, 8);

        kube.Before = _ => null;
        await UntilAsync(run, v => v.Newest?.Phase is Phase.Good);
        Assert.DoesNotContain(run.View.Warnings, w => w.Contains("store", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(7)]
    public async Task Answers_that_are_lost_again_and_again_lose_and_repeat_nothing(int each)
    {
        var run = Start(1);
        var writes = 0;
        kube.After = call => !call.StartsWith("get", StringComparison.Ordinal) && ++writes % each == 0
            ? new KubeException($"{call}: cut", null)
            : null;
        kube.Before = call => !call.StartsWith("get", StringComparison.Ordinal) && writes % (each + 2) == 0 && ++writes > 0
            ? new KubeException($"{call}: refused", System.Net.HttpStatusCode.TooManyRequests)
            : null;
        await UntilAsync(run, v => v.Newest?.Phase is Phase.Good);
        (kube.After, kube.Before) = (_ => null, _ => null);
        for (var i = 0; i < 65; i++) await SecondAsync(run);

        var facts = await run.Store.FactsAsync(new FactQuery(Key, Limit: 1000), default);
        Assert.Equal(facts.Length, facts.DistinctBy(f => f.Text).Count());
        Assert.Single(facts, f => f.What == "good");
        Assert.Single(facts, f => f.What == "born");
        Assert.Equal(
            "Good", kube.Find(new KubeName(KubeKind.Rollout, "shop", "checkout-default-1"))!["status"]!["phase"]!.GetValue<string>());
    }

    [Fact]
    public async Task Another_process_takes_over_where_the_first_stopped_and_the_first_is_refused()
    {
        var first = Start(1);
        await UntilAsync(first, v => v.Newest?.Phase is Phase.Observing(1, _, _));
        var second = Start(2);
        await UntilAsync(second, v => v.Newest?.Phase is Phase.Baking or Phase.Good);
        var record = (await first.Store.LoadAsync(Key, default))!;
        var fault = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => first.Store
                .CommitAsync(
                    [new Commit(record.Generation, record with { Generation = record.Generation + 1 }, record.Active, [], [])], default)
                .AsTask());
        Assert.Contains("another process is the leader now", fault.Message, StringComparison.Ordinal);
        Assert.Equal(record.Generation, (await second.Store.LoadAsync(Key, default))!.Generation);
        Assert.Contains(await second.Store.FactsAsync(new FactQuery(Key), default), f => f.What == "resumed");
    }

    [Fact]
    public async Task The_elapsed_time_goes_on_with_the_next_leader_and_not_with_the_time_in_which_none_led()
    {
        var spec = Spec();
        spec = spec with { Plan = spec.Plan with { Steps = [spec.Plan.Steps[0] with { Dwell = TimeSpan.FromSeconds(100) }] } };
        var first = Start(1, spec);
        await UntilAsync(first, v => v.Newest?.Phase is Phase.Observing(0, _, _));
        for (var i = 0; i < 70; i++) await SecondAsync(first);
        var before = first.View.Elapsed;
        clock.Advance(TimeSpan.FromHours(1));

        var second = Start(2, spec);
        await second.SettleAsync();
        // Evidence is written once a minute: so much may be lost, and nothing is added.
        Assert.InRange(second.View.Elapsed, before - TimeSpan.FromSeconds(60), before);
        Assert.True(second.View.Elapsed > TimeSpan.FromSeconds(55), $"{second.View.Elapsed} was kept");
        Assert.IsType<Phase.Observing>(second.View.Newest!.Phase);
        await UntilAsync(second, v => v.Newest?.Phase is Phase.Good);
        Assert.DoesNotContain(
            await second.Store.FactsAsync(new FactQuery(Key), default), f => f.What is "elapsed-anew" or "stood-still" or "clock-jumped");
    }

    private Run Start(long term, ServiceSpec? spec = null)
    {
        var leader = new TestLeader(new LeaderTerm(TestLeader.LeaseMadeAt, term));
        var process = new ServiceCollection()
            .AddLogging(l => l.ClearProviders())
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IStore>(KubeStoreTests.Open(kube, leader, clock))
            .AddSingleton<ITrafficRouter>(router)
            .AddSingleton<IMetricSource>(metrics)
            .AddControl().AddTargets().BuildServiceProvider();
        processes.Add(process);
        return new Run(process, spec ?? Spec());
    }

    /// <summary>A second of traffic, then the rounds of the second.</summary>
    private async Task SecondAsync(Run run)
    {
        metrics.Flow(Service, TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromSeconds(1));
        await run.SettleAsync();
    }

    private async Task UntilAsync(Run run, Func<ServiceView, bool> done)
    {
        for (var i = 0; i < 600; i++)
        {
            if (done(run.View)) return;
            await SecondAsync(run);
        }

        throw new InvalidOperationException(
            $"it is {run.View.Newest?.Phase}: {run.View.LastDecision?.Reason}; {string.Join("; ", run.View.Warnings)}");
    }

    private static ServiceSpec Spec() => new()
    {
        Service = Service,
        Target = Mesh.MeshTools.Target("istio"),
        Versions = [new VersionSpec("v1", [], "one"), new VersionSpec("v2", [], "two")],
        Stable = "v1",
        Plan = new Plan
        {
            Steps = [new Step(null, Weights.OfCandidate(1000), TimeSpan.FromSeconds(2), new MinimumEvidence(100, 0)), new Step(
                null, Weights.OfCandidate(5000), TimeSpan.FromSeconds(2), new MinimumEvidence(100, 0))],
            Watch = TimeSpan.FromSeconds(2),
        },
        Analysis = new Analysis
        {
            Tick = TimeSpan.FromSeconds(1),
            ErrorWarmUp = TimeSpan.FromSeconds(1),
            LatencyWarmUp = TimeSpan.FromSeconds(1),
            Errors = new ErrorTolerance(0.05),
            Latency = new LatencyTolerance(0.99, 0.5),
        },
    };

    /// <summary>A process, driven by hand.</summary>
    private sealed class Run
    {
        private readonly ServiceProvider process;
        private readonly ControlLoop loop;

        public Run(ServiceProvider process, ServiceSpec spec)
        {
            this.process = process;
            loop = process.GetRequiredService<ControlLoop>();
            loop.SetServices([spec]);
        }

        public IStore Store => process.GetRequiredService<IStore>();

        public ServiceView View => process.GetRequiredService<Views>().Find(Keys.Of(Service))!;

        public async Task SettleAsync()
        {
            for (var i = 0; await loop.TurnAsync(default); i++)
                if (i > 50) throw new InvalidOperationException("the loop never comes to rest");
        }
    }
}

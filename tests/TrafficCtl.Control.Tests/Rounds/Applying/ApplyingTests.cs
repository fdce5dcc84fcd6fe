using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Applying;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Rounds.Applying;

/// <summary>Which route of the stored state is applied, and what the answer of the router changes.</summary>
public sealed class ApplyingTests
{
    private static readonly Wish Abort = new(3, World.Key, WishKind.Abort, null, "ann", "", "a test", default);

    private readonly SlowRouter router = new();
    private readonly ControlMetrics counts = new();
    private readonly Applier applier;
    private readonly ApplyStage stage;

    public ApplyingTests()
    {
        var drivers = new TargetDrivers([new OneRouter(router)]);
        for (var i = 0; i < 20; i++) drivers.TryDeclare(World.Spec() with { Service = $"s{i}" });
        drivers.TryDeclare(World.Spec());
        applier = new Applier(
            drivers, new RouterFaults(counts, NullLogger<RouterFaults>.Instance), counts, NullLogger<Applier>.Instance);
        stage = new ApplyStage(applier);
    }

    [Fact]
    public async Task Routers_that_take_their_time_are_asked_eight_at_once_and_all_of_them_before_the_round_goes_on()
    {
        router.IsSlow = true;
        List<ControlledTarget> targets = [.. Enumerable.Range(0, 20).Select(i => Target($"s{i}"))];
        var applying = stage.ApplyAsync(targets, default).AsTask();
        Assert.Equal(8, router.Waiting);
        for (var answered = 1; answered <= 20; answered++)
        {
            Assert.False(applying.IsCompleted);
            var left = Math.Min(8, 21 - answered);
            await Eventually.TrueAsync(() => router.Waiting == left, $"{left} calls wait", () => $"{router.Waiting}");
            router.AnswerOne();
        }

        await applying;
        Assert.All(targets, t => Assert.Equal(t.Key, t.State.Routed.Applied!.Key));

        // Nothing of the first round is waited for in the second.
        router.IsSlow = false;
        await stage.ApplyAsync(targets, default);
        Assert.Equal(40, router.Routes.Count);
    }

    [Fact]
    public async Task A_target_without_a_record_is_not_applied()
    {
        var state = new TargetState(new Declaration(World.Spec(), LastKnown.Nothing));
        Assert.Same(state, await applier.ApplyAsync(World.Key, state, default));
        Assert.Empty(router.Routes);
    }

    [Fact]
    public async Task The_route_of_one_record_is_built_once_and_applied_in_every_round()
    {
        var first = await applier.ApplyAsync(World.Key, Target().State, default);
        var second = await applier.ApplyAsync(World.Key, first, default);
        Assert.Same(first, second);
        Assert.Equal(2, router.Routes.Count);
        Assert.Same(router.Routes[0], router.Routes[1]);
        Assert.Same(router.Routes[0], second.Routed.Applied);
    }

    [Fact]
    public async Task A_drift_is_settled_before_the_route_is_applied_and_once()
    {
        var state = Target().State;
        state = state with { Routed = state.Routed with { MustSettle = true, IsPausedForDrift = true } };
        state = await applier.ApplyAsync(World.Key, state, default);
        Assert.Equal((false, false), (state.Routed.MustSettle, state.Routed.IsPausedForDrift));
        await applier.ApplyAsync(World.Key, state, default);
        Assert.Equal(["settle", "apply", "apply"], router.Calls);
    }

    [Fact]
    public async Task An_abort_is_released_after_the_route_that_answers_it_is_in_force_and_once()
    {
        var state = Target().State;
        state = state with { Routed = state.Routed with { AnsweredAbort = Abort } };
        router.Fault = new IOException("the router is gone");
        state = await applier.ApplyAsync(World.Key, state, default);
        Assert.Equal((Abort, "the router is gone", 1), (state.Routed.AnsweredAbort, state.Routed.ApplyTrouble, counts.RouterErrors));
        Assert.Null(state.Routed.Applied);

        router.Fault = null;
        state = await applier.ApplyAsync(World.Key, state, default);
        Assert.Null(state.Routed.AnsweredAbort);
        Assert.Null(state.Routed.ApplyTrouble);
        await applier.ApplyAsync(World.Key, state, default);
        Assert.Equal(["apply", "apply", "answered", "apply"], router.Calls);
    }

    [Fact]
    public async Task A_router_that_holds_something_newer_has_the_record_read_again_until_it_takes_the_route()
    {
        var state = await applier.ApplyAsync(World.Key, Target().State, default);
        router.Outcome = ApplyOutcome.Stale;
        state = state with { Routed = state.Routed with { ApplyTrouble = "before", AnsweredAbort = Abort } };
        state = await applier.ApplyAsync(World.Key, state, default);
        Assert.Equal((true, true, 1), (state.Routed.IsAhead, state.Known.MustLoad, counts.StaleRoutes));
        Assert.Null(state.Routed.Applied);
        Assert.Null(state.Routed.ApplyTrouble);
        Assert.Equal(Abort, state.Routed.AnsweredAbort);

        router.Outcome = ApplyOutcome.Applied;
        state = await applier.ApplyAsync(World.Key, state, default);
        Assert.False(state.Routed.IsAhead);
        Assert.NotNull(state.Routed.Applied);
    }

    [Fact]
    public async Task A_call_that_was_stopped_is_cancelled_and_one_that_the_router_gave_up_is_its_trouble()
    {
        router.Fault = new OperationCanceledException("a timeout of the router's own");
        var state = await applier.ApplyAsync(World.Key, Target().State, default);
        Assert.Equal("a timeout of the router's own", state.Routed.ApplyTrouble);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await applier.ApplyAsync(World.Key, state, new CancellationToken(canceled: true)));
    }

    private static ControlledTarget Target(string service = World.Service)
    {
        var target = new ControlledTarget(new Declaration(World.Spec() with { Service = service }, LastKnown.Nothing), 0, default);
        target.Take(target.State with
        {
            Known = Known.Nothing with { Record = new ServiceRecord(target.Key, "v1", 0, 4, [], null, default), MustLoad = false },
        });
        return target;
    }

    private sealed class OneRouter(ITrafficRouter router) : ITargetFactory
    {
        public TargetDriver? DriverOf(ServiceSpec service) =>
            new(router, new FakeMetrics(new FakeRouter(), TimeProvider.System), [], Abilities.Embedded(true, true));
    }

    /// <summary>Answers a call when the test says so.</summary>
    private sealed class SlowRouter : ITrafficRouter
    {
        private readonly Queue<TaskCompletionSource> waiting = new();

        public bool IsSlow { get; set; }

        public Exception? Fault { get; set; }

        public ApplyOutcome Outcome { get; set; }

        public List<ServiceRoute> Routes { get; } = [];

        public List<string> Calls { get; } = [];

        public int Waiting
        {
            get
            {
                lock (waiting) return waiting.Count;
            }
        }

        public void AnswerOne()
        {
            lock (waiting) waiting.Dequeue().SetResult();
        }

        public async ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop)
        {
            Task? until = null;
            lock (waiting)
            {
                Calls.Add("apply");
                Routes.Add(route);
                if (IsSlow)
                {
                    waiting.Enqueue(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                    until = waiting.Last().Task;
                }
            }

            if (until is not null) await until;
            return Fault is null ? Outcome : throw Fault;
        }

        public ValueTask<RouterStatus?> ObserveAsync(TargetKey key, CancellationToken stop) => ValueTask.FromResult<RouterStatus?>(null);

        public ValueTask<AbortEffect?> AbortAsync(Wish abort, CancellationToken stop) => ValueTask.FromResult<AbortEffect?>(null);

        public ValueTask AnsweredAsync(Wish abort, CancellationToken stop)
        {
            Calls.Add("answered");
            return ValueTask.CompletedTask;
        }

        public void Settle(TargetKey key) => Calls.Add("settle");
    }
}

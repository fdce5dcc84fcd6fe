using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Running;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Running;

/// <summary>A round does not wait for a cluster that is slow, and what the cluster answers in the end is not lost.</summary>
public sealed class PatientRouterTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private static readonly TargetKey Checkout = new("shop.checkout", "prod", "west"), Cart = new("shop.cart", "prod", "west");

    private readonly ManualClock clock = new();
    private readonly SlowRouter slow = new();

    private PatientRouter Router => field ??= new PatientRouter(slow, "the cluster west", clock);

    [Fact]
    public async Task An_answer_that_is_there_at_once_is_passed_on()
    {
        slow.Answer.SetResult(ApplyOutcome.Stale);
        Assert.Equal(ApplyOutcome.Stale, await Router.ApplyAsync(Route(Checkout, 1), Stop));
    }

    [Fact]
    public async Task A_late_answer_is_a_fault_of_this_round_and_the_answer_of_a_later_one()
    {
        var asking = Router.ApplyAsync(Route(Checkout, 1), Stop).AsTask();
        clock.Advance(PatientRouter.Patience);
        Assert.StartsWith(
            "the cluster west is slow", (await Assert.ThrowsAsync<TimeoutException>(() => asking)).Message, StringComparison.Ordinal);

        // It is not asked again while it has not answered, and no other service of the cluster is waited for.
        await Assert.ThrowsAsync<TimeoutException>(() => Router.ApplyAsync(Route(Checkout, 1), Stop).AsTask());
        await Assert.ThrowsAsync<TimeoutException>(() => Router.ApplyAsync(Route(Cart, 1), Stop).AsTask());
        Assert.Equal([Checkout, Cart], slow.Asked.Select(r => r.Key));

        slow.Answer.SetResult(ApplyOutcome.Applied);
        Assert.Equal(ApplyOutcome.Applied, await Router.ApplyAsync(Route(Checkout, 1), Stop));
        Assert.Equal(ApplyOutcome.Applied, await Router.ApplyAsync(Route(Cart, 1), Stop));
        Assert.Equal(2, slow.Asked.Count);
    }

    [Fact]
    public async Task The_answer_to_an_older_route_is_not_taken_for_one_to_a_newer()
    {
        var asking = Router.ApplyAsync(Route(Checkout, 1), Stop).AsTask();
        clock.Advance(PatientRouter.Patience);
        await Assert.ThrowsAsync<TimeoutException>(() => asking);

        slow.Answer.SetResult(ApplyOutcome.Applied);
        Assert.Equal(ApplyOutcome.Applied, await Router.ApplyAsync(Route(Checkout, 2), Stop));
        Assert.Equal([1, 2], slow.Asked.Select(r => r.Generation));
    }

    [Fact]
    public async Task A_fault_that_comes_late_is_that_of_a_later_round()
    {
        var asking = Router.ApplyAsync(Route(Checkout, 1), Stop).AsTask();
        clock.Advance(PatientRouter.Patience);
        await Assert.ThrowsAsync<TimeoutException>(() => asking);

        slow.Answer.SetException(new InvalidOperationException("gone"));
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => Router.ApplyAsync(Route(Checkout, 1), Stop).AsTask());
        Assert.Equal("gone", fault.Message);
    }

    [Fact]
    public async Task A_service_that_went_while_its_call_was_late_makes_no_other_impatient()
    {
        var asking = Router.ApplyAsync(Route(Checkout, 1), Stop).AsTask();
        clock.Advance(PatientRouter.Patience);
        await Assert.ThrowsAsync<TimeoutException>(() => asking);
        slow.Answer.SetResult(ApplyOutcome.Applied);

        slow.Answer = new TaskCompletionSource<ApplyOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var other = Router.ApplyAsync(Route(Cart, 1), Stop).AsTask();
        clock.Advance(PatientRouter.Patience / 2);
        slow.Answer.SetResult(ApplyOutcome.Stale);
        Assert.Equal(ApplyOutcome.Stale, await other);
    }

    [Fact]
    public async Task An_answer_from_before_a_pause_is_not_taken_for_one_of_now()
    {
        var asking = Router.ApplyAsync(Route(Checkout, 1), Stop).AsTask();
        clock.Advance(PatientRouter.Patience);
        await Assert.ThrowsAsync<TimeoutException>(() => asking);
        slow.Answer.SetResult(ApplyOutcome.Applied);

        // Another process held the Lease for an hour.
        clock.Advance(TimeSpan.FromHours(1));
        slow.Answer = new TaskCompletionSource<ApplyOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        slow.Answer.SetResult(ApplyOutcome.Stale);
        Assert.Equal(ApplyOutcome.Stale, await Router.ApplyAsync(Route(Checkout, 1), Stop));
        Assert.Equal(2, slow.Asked.Count);
    }

    private static ServiceRoute Route(TargetKey key, long generation) => ServiceRoute.Idle(key, generation, "v1");

    private sealed class SlowRouter : ITrafficRouter
    {
        public List<ServiceRoute> Asked { get; } = [];

        public TaskCompletionSource<ApplyOutcome> Answer { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop)
        {
            Asked.Add(route);
            return new ValueTask<ApplyOutcome>(Answer.Task);
        }

        public ValueTask<RouterStatus?> ObserveAsync(TargetKey key, CancellationToken stop) => ValueTask.FromResult<RouterStatus?>(null);

        public ValueTask<AbortEffect?> AbortAsync(Wish abort, CancellationToken stop) => ValueTask.FromResult<AbortEffect?>(null);

        public ValueTask AnsweredAsync(Wish abort, CancellationToken stop) => ValueTask.CompletedTask;
    }
}

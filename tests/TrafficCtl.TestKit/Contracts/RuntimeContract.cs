using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Targets;
using Xunit;

namespace TrafficCtl.TestKit.Contracts;

/// <summary>How the workload of a version behaves.</summary>
internal enum Conduct
{
    Good,

    /// <summary>It is not ready until <see cref="RuntimeContract.ReleaseAsync"/>.</summary>
    Slow,

    /// <summary>It ends by itself, soon after each start.</summary>
    Dying,
}

/// <summary>What every runtime must do. A new runtime derives from this and says how it is opened and what it runs.</summary>
public abstract class RuntimeContract
{
    private protected static readonly TargetKey Shop = new("shop", "prod");

    /// <summary>The runtime of a daemon that was just started; the one before it is gone without having stopped anything.</summary>
    private protected abstract Task<IRuntime> OpenAsync();

    /// <summary>Makes a version that can be run, in a slot of any name.</summary>
    private protected abstract Task<RunnableBundle> PublishAsync(string version, Conduct conduct = Conduct.Good);

    /// <summary>From now on a slow version is ready soon after its start.</summary>
    private protected abstract Task ReleaseAsync(string version);

    /// <summary>From now on the probes of a version fail, and it runs on.</summary>
    private protected abstract Task BreakAsync(string version);

    [Fact]
    public async Task Knows_no_slot_of_a_target_that_it_never_heard_of()
    {
        var runtime = await OpenAsync();
        Assert.Empty((await runtime.ObserveAsync(new TargetKey("unheard", "of"), default)).Slots);
    }

    [Fact]
    public async Task What_is_ensured_serves_at_an_endpoint()
    {
        var runtime = await OpenAsync();
        var v1 = await PublishAsync("v1");
        var told = await runtime.EnsureAsync(Shop, "v1", v1, default);
        Assert.Equal(("v1", v1.Id), (told.Slot, told.Bundle.Id));
        var status = await ServingAsync(runtime, "v1");
        Assert.Equal((v1.Id, "v1"), (status.Bundle.Id, status.Bundle.Version));
        Assert.NotEmpty(status.Endpoints);
        Assert.Null(status.Why);
    }

    [Fact]
    public async Task Ensuring_the_same_again_changes_nothing()
    {
        var runtime = await OpenAsync();
        var v1 = await PublishAsync("v1");
        await runtime.EnsureAsync(Shop, "v1", v1, default);
        var before = await ServingAsync(runtime, "v1");
        var again = await runtime.EnsureAsync(Shop, "v1", v1, default);
        Assert.Equal(SlotPhase.Serving, again.Phase);
        Assert.Equal(before.Endpoints, again.Endpoints);
        Assert.Equal(0, again.Failures);
    }

    [Fact]
    public async Task Two_slots_run_side_by_side_and_one_is_stopped_alone()
    {
        var runtime = await OpenAsync();
        await runtime.EnsureAsync(Shop, "v1", await PublishAsync("v1"), default);
        await runtime.EnsureAsync(Shop, "v2", await PublishAsync("v2"), default);
        var (first, second) = (await ServingAsync(runtime, "v1"), await ServingAsync(runtime, "v2"));
        Assert.Empty(first.Endpoints.Intersect(second.Endpoints));
        await runtime.StopAsync(Shop, "v2", default);
        Assert.Null((await runtime.ObserveAsync(Shop, default)).Find("v2"));
        Assert.True((await ServingAsync(runtime, "v1")).Endpoints.SequenceEqual(first.Endpoints));
    }

    [Fact]
    public async Task Another_bundle_takes_the_place_of_the_one_in_a_slot()
    {
        var runtime = await OpenAsync();
        await runtime.EnsureAsync(Shop, "v1", await PublishAsync("v1"), default);
        await ServingAsync(runtime, "v1");
        var v2 = await PublishAsync("v2");
        await runtime.EnsureAsync(Shop, "v1", v2, default);
        Assert.Equal(v2.Id, (await ServingAsync(runtime, "v1")).Bundle.Id);
    }

    [Fact]
    public async Task A_slow_workload_does_not_serve_before_it_answers()
    {
        var runtime = await OpenAsync();
        var slow = await PublishAsync("v1", Conduct.Slow);
        var told = await runtime.EnsureAsync(Shop, "v1", slow, default);
        Assert.False(told.Serves);
        await SeenAsync(runtime, "v1", static s => s is { Serves: false, Why: not null }, "it says what it waits for");
        await ReleaseAsync("v1");
        await ServingAsync(runtime, "v1");
    }

    [Fact]
    public async Task A_workload_that_dies_does_not_serve_and_says_why()
    {
        var runtime = await OpenAsync();
        await runtime.EnsureAsync(Shop, "v1", await PublishAsync("v1", Conduct.Dying), default);
        var seen = await SeenAsync(
            runtime, "v1", static s => s?.Phase is SlotPhase.BackingOff or SlotPhase.Failed or SlotPhase.Unhealthy, "its death is seen");
        Assert.False(string.IsNullOrWhiteSpace(seen!.Why));
    }

    [Fact]
    public async Task A_workload_whose_probes_fail_is_unhealthy_and_says_why()
    {
        var runtime = await OpenAsync();
        await runtime.EnsureAsync(Shop, "v1", await PublishAsync("v1"), default);
        await ServingAsync(runtime, "v1");
        await BreakAsync("v1");
        var seen = await SeenAsync(runtime, "v1", static s => s?.Phase == SlotPhase.Unhealthy, "its probes fail");
        Assert.False(string.IsNullOrWhiteSpace(seen!.Why));
    }

    [Fact]
    public async Task What_cannot_run_is_a_status_that_says_why()
    {
        var runtime = await OpenAsync();
        var status = await runtime.EnsureAsync(Shop, "v9", new RunnableBundle("none", "v9", "/nowhere/v9"), default);
        Assert.Equal(SlotPhase.Failed, status.Phase);
        Assert.Contains("v9", status.Why, StringComparison.Ordinal);
        Assert.Empty(status.Endpoints);
        await runtime.StopAsync(Shop, "v9", default);
    }

    [Fact]
    public async Task A_drained_slot_serves_no_more_until_it_is_ensured_again()
    {
        var runtime = await OpenAsync();
        var v1 = await PublishAsync("v1");
        await runtime.EnsureAsync(Shop, "v1", v1, default);
        await ServingAsync(runtime, "v1");
        await Eventually.GetAsync(
            async () => await runtime.DrainAsync(Shop, "v1", default), static s => s?.Phase == SlotPhase.Drained, "v1 is drained");
        Assert.False((await runtime.ObserveAsync(Shop, default)).Find("v1")!.Serves);
        await runtime.EnsureAsync(Shop, "v1", v1, default);
        await ServingAsync(runtime, "v1");
    }

    [Fact]
    public async Task A_stopped_slot_is_gone_and_is_stopped_again_without_harm()
    {
        var runtime = await OpenAsync();
        await runtime.EnsureAsync(Shop, "v1", await PublishAsync("v1"), default);
        await ServingAsync(runtime, "v1");
        await runtime.StopAsync(Shop, "v1", default);
        Assert.Null((await runtime.ObserveAsync(Shop, default)).Find("v1"));
        await runtime.StopAsync(Shop, "v1", default);
        Assert.Null(await runtime.DrainAsync(Shop, "v1", default));
        Assert.Null((await runtime.ObserveAsync(Shop, default)).Find("v1"));
    }

    [Fact]
    public async Task A_slot_that_it_never_heard_of_is_drained_and_stopped_without_harm()
    {
        var runtime = await OpenAsync();
        Assert.Null(await runtime.DrainAsync(Shop, "unheard-of", default));
        await runtime.StopAsync(Shop, "unheard-of", default);
        Assert.Null((await runtime.ObserveAsync(Shop, default)).Find("unheard-of"));
    }

    [Fact]
    public async Task The_next_daemon_finds_what_runs_and_can_stop_it()
    {
        var runtime = await OpenAsync();
        var v1 = await PublishAsync("v1");
        await runtime.EnsureAsync(Shop, "v1", v1, default);
        var before = await ServingAsync(runtime, "v1");
        runtime = await OpenAsync();
        var after = await ServingAsync(runtime, "v1");
        Assert.Equal(before.Endpoints, after.Endpoints);
        Assert.Equal(before.Bundle.Version, after.Bundle.Version);
        await runtime.StopAsync(Shop, "v1", default);
        Assert.Null((await runtime.ObserveAsync(Shop, default)).Find("v1"));
    }

    [Fact]
    public async Task A_cancelled_call_ends_as_cancelled_and_the_next_one_completes_it()
    {
        var runtime = await OpenAsync();
        var v1 = await PublishAsync("v1");
        var gone = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runtime.EnsureAsync(Shop, "v1", v1, gone).AsTask());
        await runtime.EnsureAsync(Shop, "v1", v1, default);
        await ServingAsync(runtime, "v1");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runtime.DrainAsync(Shop, "v1", gone).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runtime.StopAsync(Shop, "v1", gone).AsTask());
        await runtime.StopAsync(Shop, "v1", default);
        Assert.Null((await runtime.ObserveAsync(Shop, default)).Find("v1"));
    }

    private protected static async Task<SlotStatus> ServingAsync(IRuntime runtime, string slot) =>
        (await SeenAsync(runtime, slot, static s => s is { Serves: true }, $"{slot} serves"))!;

    private protected static Task<SlotStatus?> SeenAsync(IRuntime runtime, string slot, Func<SlotStatus?, bool> isAwaited, string what) =>
        Eventually.GetAsync(async () => (await runtime.ObserveAsync(Shop, default)).Find(slot), isAwaited, what);
}

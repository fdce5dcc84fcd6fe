using TrafficCtl.Control.Files;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Files;

public sealed class BlockingTests : IDisposable
{
    private readonly ManualResetEventSlim system = new();
    private readonly CancellationTokenSource stop = new();

    public void Dispose()
    {
        stop.Dispose();
        system.Dispose();
    }

    [Fact]
    public async Task Work_that_the_system_holds_is_left_behind_and_what_comes_of_it_is_disposed_of()
    {
        var late = new Owned();
        var running = Blocking.RunAsync(
            () =>
            {
                system.Wait();
                return late;
            },
            stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.False(late.IsDisposed);
        system.Set();
        await Eventually.TrueAsync(() => late.IsDisposed, "the late result is disposed of");
    }

    [Fact]
    public async Task Somebody_is_told_once_when_it_takes_long()
    {
        var told = 0;
        var running = Blocking.RunAsync(
            () =>
            {
                system.Wait();
                return 7;
            },
            TimeSpan.FromMilliseconds(1), () => told++, stop.Token);
        await Eventually.TrueAsync(() => told == 1, "it is told");
        system.Set();

        Assert.Equal(7, await running);
        Assert.Equal(1, told);
    }

    [Fact]
    public async Task A_fault_of_the_work_is_the_callers() =>
        await Assert.ThrowsAsync<TimeoutException>(() => Blocking.RunAsync<int>(() => throw new TimeoutException("mine"), stop.Token));

    private sealed class Owned : IDisposable
    {
        public volatile bool IsDisposed;

        public void Dispose() => IsDisposed = true;
    }
}

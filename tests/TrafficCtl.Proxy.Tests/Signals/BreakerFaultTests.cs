using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class BreakerFaultTests : IDisposable
{
    private readonly Bench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public void Is_not_blinded_by_reloads_that_come_as_often_as_it_looks()
    {
        bench.Apply(Bench.Route(1, 500));
        for (var i = 0; i < 3; i++)
        {
            bench.Send(Arm.Candidate, 12, Outcome.ConnectFailure);
            bench.Send(Arm.Stable, 238);
            bench.Router.Configure([Bench.SpecOf("v1", "v2", "v3")]);
            bench.Tick();
        }

        Assert.NotNull(bench.Observe().Trip);
    }

    [Fact]
    public async Task Goes_on_looking_while_the_disk_hangs()
    {
        // A pipe without a reader: opening it for writing does not return.
        var hole = Path.Combine(bench.Directory, "latch.json");
        File.Delete(hole);
        using (var made = System.Diagnostics.Process.Start("mkfifo", [hole])) await made.WaitForExitAsync();
        bench.Apply(Bench.Route(1, 500));
        bench.Send(Arm.Candidate, 12, Outcome.ConnectFailure);
        bench.Send(Arm.Stable, 238);
        var first = Task.Run(bench.Tick);
        await Eventually.TrueAsync(() => bench.Serving.IsLatched, "the breaker trips");

        // Whichever comes first to the disk hangs there, and the other does not wait for it.
        var second = Task.Run(bench.Tick);
        var looked = await Task.WhenAny(first, second).WaitAsync(TimeSpan.FromMinutes(1));
        var hanging = looked == first ? second : first;
        Assert.False(hanging.IsCompleted);
        await Task.Run(bench.Tick).WaitAsync(TimeSpan.FromMinutes(1));

        using (var reader = System.Diagnostics.Process.Start("cat", [hole])) await reader.WaitForExitAsync();
        await hanging;
        Assert.Contains("it is no regular file", bench.Observe().Warning, StringComparison.Ordinal);
        File.Delete(hole);
        // The tick that hung has set the clock back to its own end.
        for (var i = 0; i < 4; i++) bench.Tick();
        Assert.Null(bench.Observe().Warning);
        Assert.Contains("checkout-default-1", await File.ReadAllTextAsync(hole), StringComparison.Ordinal);
    }
}

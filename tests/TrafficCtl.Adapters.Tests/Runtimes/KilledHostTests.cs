using System.Globalization;
using TrafficCtl.Adapters.Runtimes.Processes;
using TrafficCtl.Control.Ports;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Runtimes;

public sealed class KilledHostTests
{
    private const int Kills = 25, Seed = 20_261;

    [Fact]
    public async Task A_daemon_that_is_killed_at_random_moments_leaves_no_process_twice_and_none_over()
    {
        await using var host = new ProcessHost();
        var bundles = (RunnableBundle[])[host.Server("v1"), host.Server("v2")];
        var root = Path.GetDirectoryName(host.Releases)!;
        var random = new Random(Seed);
        for (var kill = 0; kill < Kills; kill++)
        {
            File.WriteAllText(Path.Combine(root, "seed"), random.Next().ToString(CultureInfo.InvariantCulture));
            var moment = TimeSpan.FromMilliseconds(random.Next(1_500));
            using var daemon = await ChildProcess.StartAsync(ChildProcess.HostRole, root);
            var since = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(
                () => TimeProvider.System.GetElapsedTime(since) >= moment, "the moment of the kill", wrong: () => Doubled(host));
            await daemon.KillAsync();
            Assert.Null(Doubled(host));
        }

        var runtime = await host.OpenAsync();
        await runtime.EnsureAsync(ProcessHost.Shop, "a", bundles[0], default);
        await runtime.EnsureAsync(ProcessHost.Shop, "b", bundles[1], default);
        await Eventually.TrueAsync(
            async () => (await runtime.ObserveAsync(ProcessHost.Shop, default)).Slots.Count(static s => s.Serves) == 2, "both serve",
            wrong: () => Doubled(host));
        Assert.Equal(
            new[] { host.Record("a").Process, host.Record("b").Process }.Order(), host.Alive().Order());
        await runtime.StopAsync(ProcessHost.Shop, "a", default);
        await runtime.StopAsync(ProcessHost.Shop, "b", default);
        Assert.Empty(host.Alive());
    }

    /// <summary>Two processes that lead a session for one slot; null without.</summary>
    private static string? Doubled(ProcessHost host)
    {
        var leaders = host.Alive().Select(ProcessTable.Find).OfType<ProcessEntry>()
            .Where(static p => !p.IsOver && p.Session == p.Id)
            .Select(static p => (p.Id, Mark: ProcessTable.FindVariable(p.Id, SlotProcess.Variable)))
            .Where(static p => p.Mark is not null).GroupBy(static p => p.Mark!.Split(':')[1], StringComparer.Ordinal);
        return leaders.FirstOrDefault(static g => g.Count() > 1) is { } twice ? $"{twice.Key} runs as {string.Join(" and ", twice)}" : null;
    }
}

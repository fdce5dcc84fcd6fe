using System.Collections.Immutable;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster;

public sealed class ThousandRolloutsTests
{
    private const int Services = 1000, Kills = 10;

    /// <summary>Names in one query are a hundred at most, and a service has two.</summary>
    private const int Chunks = Services * 2 / 100;

    private const string Plan = """
        trafficctl.io/rollout: "[{ weights: [5, 10, 15, 20, 25, 30, 40, 50], hold: 1s, at-least: { requests: 50 } }, { weights: [100], hold: 10m }]"
        trafficctl.io/holdback: "0"
        trafficctl.io/analysis.errors.worse-by: 6pp
        trafficctl.io/analysis.latency.worse-by: 900%
        trafficctl.io/analysis.latency.then: hold
        trafficctl.io/analysis.tick: 1s
        trafficctl.io/analysis.warm-up.errors: 1s
        trafficctl.io/analysis.warm-up.latency: 1s
        """;

    // A busy machine is late by seconds: with a shorter Lease nobody leads for long, killed or not.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(6), Retry = Lease * 2 / 15, Scrape = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_thousand_rollouts_go_on_and_none_is_above_its_step_while_the_leader_is_killed_ten_times()
    {
        await using var kube = await FakeKube.StartAsync();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "deploy", "crds"), "trafficctl.io_*.yaml").Order())
            kube.PutFile(file);
        kube.Register(IstioShop.Kind);
        ImmutableArray<ShopService> shops =
            [.. Enumerable.Range(0, Services).Select(i => new IstioShop(kube, $"svc-{i:000}").Put("v1", "v1", Plan))];
        kube.Compact();
        await using var metrics = await ShopMetrics.StartAsync();
        var guard = new SplitGuard(kube, (service, weight) => metrics.Split(service, weight.Fraction));
        var said = new LastLines();
        var began = TimeProvider.System.GetTimestamp();
        await using var pulse = new MachinePulse(kube, new KubeName(KubeKind.Lease, "trafficctl-system", "trafficctl"));
        await using var crew = new ControllerCrew(kube, metrics, Lease, Scrape, said);
        for (var i = 0; i < 3; i++) await crew.StartAsync();
        await UntilAsync(() => guard.Decisions >= Services, "every service is born");
        Note("every service is born");
        foreach (var shop in shops) shop.Deploy("v2");
        kube.Compact();
        await UntilAsync(() => guard.AtStep(0) > 0, "the first rollouts are on their way");
        Note("the first rollouts are on their way");

        var chance = new Random(20);
        for (var kill = 0; kill < Kills; kill++)
        {
            await LeadAsync(TimeSpan.FromSeconds(kill % 2 == 0 ? 20 : chance.Next(1, 5)), chance.Next(20, 300));
            var leader = guard.Holder;
            var taken = new TaskCompletionSource();
            // A crash, or a process that lives on without its network.
            crew.Kill(leader, after: kill % 2 == 0 ? Task.CompletedTask : taken.Task);
            await UntilAsync(() => guard.Holder != leader && crew.Lives(guard.Holder), $"another one leads after {leader}");
            taken.SetResult();
            var until = DateTimeOffset.UtcNow;
            await UntilAsync(() => pulse.Knows(until), "how late this machine was is known");
            Note(CheckTakeOver(guard, pulse, leader));
            // A server forgets, too: whoever was away lists anew.
            kube.Compact();
            await crew.StartAsync();
        }

        await UntilAsync(() => guard.AtStep(1) == Services, "every rollout has taken its second step");
        Note("every rollout has taken its second step");
        Assert.Empty(guard.Wrong);
        Assert.All(metrics.Rounds, r => Assert.True(r.Value <= 4 * Chunks, $"{r.Key.Who} asked {r.Value} queries for {r.Key.Instant}"));
        Assert.Contains(metrics.Rounds, r => r.Value >= Chunks);

        // So long, or until so much is decided, whatever is first: the leader dies while it loads, decides, saves or acts.
        async Task LeadAsync(TimeSpan most, int decisions)
        {
            var (since, from) = (TimeProvider.System.GetTimestamp(), guard.Decisions);
            await UntilAsync(
                () => crew.Lives(guard.Holder) && (guard.Decisions - from >= decisions || TimeProvider.System.GetElapsedTime(since) > most),
                "somebody leads");
        }

        void Note(string what) => TestContext.Current.TestOutputHelper?.WriteLine(
            $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s: {what}; {guard.Decisions} decisions, {guard.AtStep(0)} at "
                + $"the first step, {guard.AtStep(1)} at the second, {guard.AtStep(2)} at the third, "
            + $"{kube.Calls.Count} calls, {kube.Calls.Count(c => c.IsWrite && c.Resource != "leases")} of them writes, "
            + $"{GC.GetTotalMemory(false) >> 20} MiB");

        Task UntilAsync(Func<bool> done, string what) => Eventually.TrueAsync(
            done, what,
            seen: () => $"{guard.AtStep(0)} at the first step, {guard.AtStep(1)} at the second\n{said}",
            wrong: () => guard.Wrong.IsEmpty ? null : $"{string.Join('\n', guard.Wrong.Take(20))}\n{said}",
            // A thousand rollouts beside other tests: as many minutes as it takes.
            within: TimeSpan.FromMinutes(20));
    }

    /// <returns>Who took over, and how long it took.</returns>
    private static string CheckTakeOver(SplitGuard guard, MachinePulse pulse, string killed)
    {
        var last = guard.Renewals.Last(r => r.Holder == killed);
        var next = guard.Renewals.SkipWhile(r => r != last).First(r => r.Holder.Length > 0 && r.Holder != killed);
        // A candidate tries twice within the bound: once to see the last renewal, once to take over. Each, and the renewal itself,
        // may be as late as this machine was.
        var most = Lease + (2 * Retry) + (3 * pulse.WorstBetween(last.Renewed, next.Acquired));
        var took = next.Acquired - last.Renewed;
        var text = $"{next.Holder} took over from {killed} after {took.TotalSeconds:0.00} s";
        Assert.True(took <= most, $"{text}, and {most.TotalSeconds:0.00} s is the most");
        return $"{text} of {most.TotalSeconds:0.00} s";
    }
}

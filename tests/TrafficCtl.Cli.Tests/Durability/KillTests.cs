using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>
/// SIGKILL at random moments of a rollout, against the real SQLite file: it ends where it should (invariants 2, 3 and 5).
/// </summary>
public sealed class KillTests
{
    private static readonly int[] Steps = [0, 1000, 3000, 6000, 10000];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_good_version_is_promoted_however_often_the_process_is_killed(int seed)
    {
        await using var shop = await Shop.OpenAsync();
        await shop.KillAtRandomAsync(seed, times: 6);
        var facts = await shop.UntilPhaseAsync("Good");
        AssertNoStepIsSkipped(facts);
        Assert.Single(facts, f => Is(f, "decided", "start"));
        Assert.Single(facts, f => Is(f, "decided", "good"));
        Assert.Equal(0, shop.Failed);
    }

    [Fact]
    public async Task An_abort_that_was_recorded_is_carried_out_once_though_the_process_died_at_once()
    {
        await using var shop = await Shop.OpenAsync();
        await shop.KillAtRandomAsync(seed: 3, times: 2);
        await shop.WishThenKillAsync("abort");
        var facts = await shop.UntilPhaseAsync("Aborted");
        Assert.Single(facts, f => Is(f, "ordered", "abort"));
        Assert.Single(facts, f => Is(f, "decided", "start"));
        Assert.Equal(0, await shop.WeightAsync());
    }

    private static void AssertNoStepIsSkipped(JsonNode[] facts)
    {
        var weights = facts.Where(f => f["kind"]!.GetValue<string>() == "decided")
            .Select(f => f["data"]!["weight"]!.GetValue<int>()).ToArray();
        var reached = 0;
        foreach (var weight in weights.SkipLast(1))
        {
            var step = Array.IndexOf(Steps, weight);
            Assert.InRange(step, reached, reached + 1);
            reached = step;
        }

        Assert.Equal(Steps.Length - 1, reached);
    }

    private static bool Is(JsonNode fact, string kind, string what) =>
        fact["kind"]!.GetValue<string>() == kind && fact["what"]!.GetValue<string>() == what;

    /// <summary>Two upstreams, users, and a daemon that is killed.</summary>
    private sealed class Shop : IAsyncDisposable
    {
        private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

        private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-kill-").FullName;
        private readonly List<Upstream> upstreams = [];
        private KillableDaemon daemon = null!;
        private Shoppers shoppers = null!;

        public int Failed => shoppers.Failed;

        public static async Task<Shop> OpenAsync()
        {
            var shop = new Shop();
            var (v1, v2, front) = (await shop.UpstreamAsync(), await shop.UpstreamAsync(), FreePort.Take());
            var file = Path.Combine(shop.folder, "shop.yaml");
            await File.WriteAllTextAsync(file, $$"""
                service: shop
                listen: http://127.0.0.1:{{front}}
                identity: [header:x-user-id]
                versions:
                  v1: [{{v1}}]
                  v2: [{{v2}}]
                stable: v1
                rollout:
                  - { weights: [10, 30, 60, 100], hold: 1s }
                holdback: 0
                watch: 2s
                health: { every: 250ms, timeout: 10s }
                drain: { delay: 0s, max: 1s }
                analysis:
                  errors: { worse-by: 20pp }
                  latency: { worse-by: 400%, then: hold }
                  at-least: { requests: 20 }
                  tick: 1s
                  warm-up: { errors: 1s, latency: 1s }
                """, Stop);
            shop.daemon = new KillableDaemon(shop.folder, file, FreePort.Take());
            await shop.daemon.StartAsync(Stop);
            shop.shoppers = new Shoppers(new Uri($"http://127.0.0.1:{front}/"), at: 6);
            return shop;
        }

        /// <summary>Kills and starts again; what is served right after the start is what the journal said last.</summary>
        public async Task KillAtRandomAsync(int seed, int times)
        {
            var random = new Random(seed);
            for (var i = 0; i < times; i++)
            {
#pragma warning disable RS0030 // It is killed at any moment, not at one that the test could see.
                await Task.Delay(random.Next(200, 2500), Stop);
#pragma warning restore RS0030
                await daemon.KillAsync(Stop);
                await daemon.StartAsync(Stop);
                // In this order: what is served is in the journal by then, but the next decision may come between.
                var weight = await WeightAsync();
                var facts = await daemon.FactsAsync(Stop);
                var asked = facts.Where(f => f["kind"]!.GetValue<string>() == "decided")
                    .Select(f => f["data"]!["weight"]!.GetValue<int>()).ToArray();
                Assert.InRange(weight, 0, asked.Max());
            }
        }

        public async Task WishThenKillAsync(string kind)
        {
            await daemon.WishAsync(kind, Stop);
            await daemon.KillAsync(Stop);
            await daemon.StartAsync(Stop);
        }

        /// <summary>What is served of the candidate: 0 without a rollout; a router that does not say yet is asked again.</summary>
        public async Task<int> WeightAsync()
        {
            var status = await UntilAsync(
                static s => s["rollout"] is not { } rollout || rollout["effectiveWeight"] is not null, "what is served is known");
            return status["rollout"]?["effectiveWeight"]!.GetValue<int>() ?? 0;
        }

        public async Task<JsonNode[]> UntilPhaseAsync(string phase)
        {
            await UntilAsync(s => s["rollout"] is null && s["previous"]?["phase"]?.GetValue<string>() == phase, $"the rollout is {phase}");
            return await daemon.FactsAsync(Stop);
        }

        private Task<JsonNode> UntilAsync(Func<JsonNode, bool> done, string what) =>
            Eventually.GetAsync(() => daemon.StatusAsync(Stop), done, what, show: status => $"{status}\n{daemon.Log}");

        public async ValueTask DisposeAsync()
        {
            if (shoppers is not null) await shoppers.DisposeAsync();
            daemon?.Dispose();
            foreach (var upstream in upstreams) await upstream.DisposeAsync();
            Directory.Delete(folder, recursive: true);
        }

        private async Task<string> UpstreamAsync()
        {
            var upstream = await Upstream.StartAsync(context => context.Response.WriteAsync("ok", context.RequestAborted));
            upstreams.Add(upstream);
            return upstream.Address.GetLeftPart(UriPartial.Authority);
        }
    }
}

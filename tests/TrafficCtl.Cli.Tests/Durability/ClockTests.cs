using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>The real program while somebody sets the machine's clock: what has to last neither passes nor stalls.</summary>
public sealed class ClockTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-clock-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_clock_that_is_set_passes_no_dwell_and_stalls_no_watch()
    {
        Assert.SkipWhen(FakeTime.Library is null, FakeTime.Missing ?? "");
        await using Upstream v1 = await ServeAsync(), v2 = await ServeAsync();
        var (front, time) = (FreePort.Take(), new FakeTime(folder));
        var file = Path.Combine(folder, "shop.yaml");
        await File.WriteAllTextAsync(file, $$"""
            service: shop
            listen: http://127.0.0.1:{{front}}
            identity: [header:x-user-id]
            versions:
              v1: [{{v1.Address.GetLeftPart(UriPartial.Authority)}}]
              v2: [{{v2.Address.GetLeftPart(UriPartial.Authority)}}]
            stable: v1
            rollout: [{ weights: [50, 100], hold: 1h }]
            holdback: 0
            watch: 20s
            health: { every: 250ms, timeout: 10s }
            drain: { delay: 0s, max: 1s }
            analysis:
              errors: { worse-by: 20pp }
              latency: { worse-by: 400%, then: hold }
              at-least: { requests: 20 }
              if-unsure: { hold: 2h, then: rollback }
              tick: 1s
              warm-up: { errors: 1s, latency: 1s }
            """, Stop);
        using var daemon = new KillableDaemon(folder, file, FreePort.Take()) { Environment = time.Environment };
        await daemon.StartAsync(Stop);
        await using var shoppers = new Shoppers(new Uri($"http://127.0.0.1:{front}/"), at: 2);
        await UntilAsync(daemon, status => PhaseOf(status) == "Observing", "the first step is observed");

        // A day ahead is more than the dwell and than the deadline of the unsure; the fact is saved by the round that saw it.
        time.Set("+1d");
        await UntilJumpsAsync(daemon, 1);
        // The view follows the save.
        await UntilAsync(daemon, static now => now["warnings"]!.AsArray().Count > 0, "it warns");
        var status = await daemon.StatusAsync(Stop);
        Assert.Equal(("Observing", 5000), (PhaseOf(status), status["rollout"]!["weight"]!.GetValue<int>()));
        Assert.Contains(
            status["warnings"]!.AsArray(),
            w => w!.GetValue<string>().Contains("the clock of this machine went 24 h ahead", StringComparison.Ordinal));

        // An hour back, measured from where it was, is less than nothing of the watch that follows.
        await daemon.WishAsync("promote", Stop);
        await UntilAsync(daemon, now => PhaseOf(now) == "Baking", "it watches the new version");
        time.Set("-1h");
        await UntilJumpsAsync(daemon, 2);
        await UntilAsync(daemon, now => now["previous"]?["phase"]?.GetValue<string>() == "Good", "the rollout has ended well");
        Assert.Equal(0, shoppers.Failed);
    }

    private static string? PhaseOf(JsonNode status) => status["rollout"]?["phase"]?.GetValue<string>();

    private static Task UntilJumpsAsync(KillableDaemon daemon, int times) => Eventually.GetAsync(
        () => daemon.FactsAsync(Stop),
        facts => facts.Count(f => f["what"]!.GetValue<string>() == "clock-jumped") == times,
        $"{times} jumps of the clock are recorded",
        show: facts => $"{string.Join('\n', facts.Select(f => f["text"]))}\n{daemon.Log}");

    private static Task UntilAsync(KillableDaemon daemon, Func<JsonNode, bool> done, string what) =>
        Eventually.GetAsync(() => daemon.StatusAsync(Stop), done, what, show: status => $"{status}\n{daemon.Log}");

    private static Task<Upstream> ServeAsync() => Upstream.StartAsync(context => context.Response.WriteAsync("ok", context.RequestAborted));
}

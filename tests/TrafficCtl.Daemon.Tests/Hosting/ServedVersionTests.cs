using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>A file that lacks the version that serves moves no user, and nobody is told of a version that does not serve.</summary>
public sealed class ServedVersionTests
{
    private const string AtOnce = "watch: 0s\nhealth: { every: 250ms }\n";

    [Fact]
    public async Task A_reload_without_it_is_refused_and_takes_effect_by_itself_once_another_version_is_good()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var host = await daemon.StartAsync();
        await ReleaseSecondAsync(daemon, host);
        daemon.Deliver("v1", "v1", more: AtOnce);

        var problem = Assert.Single(await host.ReloadAsync(default));
        Assert.Contains("v2 serves all requests of shop and is not listed", problem, StringComparison.Ordinal);
        Assert.Contains("publish shop v1", problem, StringComparison.Ordinal);
        Assert.Equal("v2", await daemon.AskAsync(host));
        await Eventually.TrueAsync(
            () => host.Views
                .Find(Keys.Of("shop"))!.Warnings
                .Any(w => w.Contains("They take effect by themselves", StringComparison.Ordinal)),
            "the view warns");

        await ReleaseAsync(host, WishKind.Publish, "v1");
        await Eventually.TrueAsync(
            () => host.Views.Find(Keys.Of("shop")) is { Spec.Versions: [{ Version: "v1" }], Warnings.IsEmpty: true },
            "the file is in force");
        Assert.Equal("v1", await daemon.AskAsync(host));
    }

    [Fact]
    public async Task A_start_without_it_goes_on_with_it_where_it_was_last_and_says_so()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using (var host = await daemon.StartAsync())
        {
            await ReleaseSecondAsync(daemon, host);
            await host.StopAsync(default);
        }

        daemon.Deliver("v1", "v1", more: AtOnce);
        await using var again = await daemon.StartAsync();
        Assert.Equal("v2", await daemon.AskAsync(again));
        var status = await StatusAsync(again);
        Assert.Equal(("v2", "v2"), ((string)status["serves"]!, (string)status["lastGood"]!));
        Assert.Equal(["v1"], status["versions"]!.AsArray().Select(v => (string)v!));
        Assert.Contains(status["warnings"]!.AsArray(), w =>
            ((string)w!).StartsWith("v2 serves and is not in the file: it goes on at its last known endpoints", StringComparison.Ordinal));
        Assert.Single(await again.ReloadAsync(default));

        await ReleaseAsync(again, WishKind.Publish, "v1");
        await Eventually.TrueAsync(
            () => again.Views.Find(Keys.Of("shop")) is { Spec.Versions: [{ Version: "v1" }], Warnings.IsEmpty: true },
            "nothing is left of it");
        Assert.Equal("v1", await daemon.AskAsync(again));
    }

    [Fact]
    public async Task Where_nobody_knows_where_it_was_the_status_names_what_serves_instead()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using (var host = await daemon.StartAsync())
        {
            await ReleaseSecondAsync(daemon, host);
            await host.StopAsync(default);
        }

        File.Delete(Path.Combine(daemon.Data, "snapshot.json"));
        daemon.Deliver("v1", "v1", more: AtOnce);
        await using var again = await daemon.StartAsync();
        await Eventually.TrueAsync(() => again.Views.Find(Keys.Of("shop"))?.Router?.StandIn is not null, "the store's word is in force");
        Assert.Equal("v1", await daemon.AskAsync(again));
        var status = await StatusAsync(again);
        Assert.Equal(("v1", "v2", "v1"), ((string)status["serves"]!, (string)status["lastGood"]!, (string)status["stable"]!["version"]!));
        Assert.Contains(
            status["warnings"]!.AsArray(), w => ((string)w!).StartsWith(
                "v1 serves in the place of v2, the last good version, which is not in the file", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_start_without_it_does_not_send_users_where_nobody_answers()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using (var host = await daemon.StartAsync())
        {
            await ReleaseSecondAsync(daemon, host);
            await host.StopAsync(default);
        }

        await daemon.V2.DisposeAsync();
        daemon.Deliver("v1", "v1", more: AtOnce);
        await using var again = await daemon.StartAsync();
        Assert.Equal("v1", await daemon.AskAsync(again));
        var status = await StatusAsync(again);
        Assert.Equal(("v1", "v2"), ((string)status["serves"]!, (string)status["lastGood"]!));
        Assert.Contains(
            status["warnings"]!.AsArray(),
            w => ((string)w!).Contains("whose last endpoints are not known or do not answer", StringComparison.Ordinal));
        // The file is in force: a reload of it moves nobody.
        Assert.Empty(await again.ReloadAsync(default));
    }

    [Fact]
    public async Task A_candidate_that_is_taken_out_goes_back_to_0()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        daemon.Deliver("v1", "v1 v2", more: "health: { every: 250ms }\n");
        await using var host = await daemon.StartAsync();
        await ProbedAsync(host, "v2");
        await WishAsync(host, WishKind.Promote);
        await Eventually.TrueAsync(() => host.Views.Find(Keys.Of("shop"))?.Record?.Active?.Phase is Phase.Observing, "it is exposed");
        daemon.Deliver("v1", "v1");
        Assert.Empty(await host.ReloadAsync(default));
        await Eventually.TrueAsync(() => host.Views.Find(Keys.Of("shop"))?.Newest?.Phase is Phase.RolledBack, "it ends");
        Assert.Contains(
            "v2 is no longer in the file", Assert.IsType<Phase.RolledBack>(host.Views.Find(Keys.Of("shop"))!.Newest!.Phase).Why,
            StringComparison.Ordinal);
        Assert.Equal("v1", await daemon.AskAsync(host));
    }

    /// <summary>v2 is listed, and taken to 100 % and good.</summary>
    private static async Task ReleaseSecondAsync(RealDaemon daemon, DaemonHost host)
    {
        daemon.Deliver("v1", "v1 v2", more: AtOnce);
        Assert.Empty(await host.ReloadAsync(default));
        await ReleaseAsync(host, null, "v2");
        Assert.Equal("v2", await daemon.AskAsync(host));
    }

    private static async Task ReleaseAsync(DaemonHost host, WishKind? begin, string version)
    {
        if (begin is { } kind) await WishAsync(host, kind, version);
        await ProbedAsync(host, version);
        await WishAsync(host, WishKind.PromoteFull);
        await Eventually.TrueAsync(
            () => host.Views.Find(Keys.Of("shop")) is { Record: { Active: null, LastGood: var good }, Router.Route.Stable: var stable }
                && good == version
                && stable == version,
            "it is good");
    }

    private static async Task WishAsync(DaemonHost host, WishKind kind, string? version = null)
    {
        var wish = new Wish(0, Keys.Of("shop"), kind, version, "ann", "", "here", default);
        var answer = await host.Wishes.MakeAsync(wish, TimeSpan.FromMinutes(1), default);
        Assert.True(answer is { Accepted: true }, answer?.Answer);
    }

    private static Task ProbedAsync(DaemonHost host, string version) => Eventually.TrueAsync(
        () => host.Views.Find(Keys.Of("shop")) is { Record.Active.Candidate: var candidate, Router.Candidate.Probed: > 0 }
            && candidate == version, $"{version} is probed");

    private static async Task<JsonNode> StatusAsync(DaemonHost host)
    {
        using var client = new HttpClient { BaseAddress = host.Admin };
        return (await client.GetFromJsonAsync<JsonNode>("/v1/services/shop"))!;
    }
}

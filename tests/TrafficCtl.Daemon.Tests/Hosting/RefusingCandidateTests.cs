using Microsoft.AspNetCore.Http;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>
/// A candidate that answers 4xx where stable answers 200, through the real proxy and the real control loop, in hasty time.
/// </summary>
public sealed class RefusingCandidateTests(ITestOutputHelper output)
{
    private const int Speed = 4;

    private static readonly TargetKey Shop = new("shop", ServiceSpec.DefaultEnvironment);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(404)]
    [InlineData(401)]
    public async Task One_that_refuses_everything_never_reaches_the_next_step_and_its_status_is_named(int status)
    {
        var clock = new HastyClock(Speed);
        await using var daemon = await RealDaemon.PrepareAsync(context => AnswerAsync(context, status), clock);
        await using var host = await daemon.StartAsync();
        await using var clients = new ShopClients(host.AddressOf("shop"), clock, Speed, perSecond: 50, Patience);
        await Eventually.TrueAsync(() => clients.Answered > 500, "the shop has clients");

        daemon.Deliver("v1", "v1 v2", more: "identity: [header:x-user-id]\nrollout: [{ weights: [5, 100] }]");
        Assert.Empty(await host.ReloadAsync(default));
        await Eventually.TrueAsync(
            () => host.Views.Find(Keys.Of("shop")) is { Record.Active: null, Newest.Phase.IsFinal: true }, "it is over");

        var facts = (await host.Store.FactsAsync(new FactQuery(Shop), default)).Reverse().ToArray();
        var (exposed, back) = (facts.First(f => f.What == "start").At, facts[^1]);
        output.WriteLine($"{status}: back after {(back.At - exposed).TotalSeconds:0} s; {back.Text}");
        Assert.Contains(facts, f => f.Text.Contains($"mostly {status}", StringComparison.Ordinal));
        Assert.DoesNotContain(facts, f => f.What is "promote" or "complete");
        Assert.Equal("v1", host.Views.Find(Keys.Of("shop"))!.Record!.LastGood);
    }

    [Fact]
    public async Task A_tenth_of_429_is_held_with_the_status_in_the_reason()
    {
        var requests = 0;
        var clock = new HastyClock(Speed);
        await using var daemon = await RealDaemon.PrepareAsync(
            context => AnswerAsync(context, Interlocked.Increment(ref requests) % 10 == 0 ? 429 : 200), clock);
        await using var host = await daemon.StartAsync();
        await using var clients = new ShopClients(host.AddressOf("shop"), clock, Speed, perSecond: 50, Patience);
        await Eventually.TrueAsync(() => clients.Answered > 500, "the shop has clients");

        daemon.Deliver("v1", "v1 v2", more: "identity: [header:x-user-id]\nrollout: [{ weights: [50, 100] }]");
        Assert.Empty(await host.ReloadAsync(default));
        await Eventually.TrueAsync(() => Reason(host).Contains("mostly 429", StringComparison.Ordinal), "429 is named");
        Assert.Contains("advisory signal worse: client errors", Reason(host), StringComparison.Ordinal);
        Assert.IsType<Phase.Observing>(host.Views.Find(Keys.Of("shop"))!.Record!.Active!.Phase);
    }

    [Fact]
    public async Task Scanners_who_get_404_all_the_time_from_either_version_are_no_harm()
    {
        var clock = new HastyClock(Speed);
        await using var daemon = await RealDaemon.PrepareAsync(
            static context => AnswerAsync(context, context.Request.Path == "/" ? 200 : 404), clock,
            static context => AnswerAsync(context, context.Request.Path == "/" ? 200 : 404));
        await using var host = await daemon.StartAsync();
        await using var clients = new ShopClients(host.AddressOf("shop"), clock, Speed, perSecond: 30, Patience);
        // Eight users make most of the traffic, and keep the version that they are given.
        await using var scanners = new ShopClients(
            new Uri(host.AddressOf("shop"), "/wp-login.php"), clock, Speed, perSecond: 40, Patience, users: 8, name: "scanner");
        await Eventually.TrueAsync(() => clients.Answered > 300, "the shop has clients");

        daemon.Deliver("v1", "v1 v2", more: "identity: [header:x-user-id]\nrollout: [{ weights: [50, 100] }]");
        Assert.Empty(await host.ReloadAsync(default));
        var before = clients.Answered;
        await Eventually.TrueAsync(
            () =>
            {
                Assert.DoesNotContain("client", Reason(host), StringComparison.Ordinal);
                return clients.Answered > before + (30 * 120) && host.Views.Find(Keys.Of("shop"))!.Seen?.Judgement is not null;
            },
            "two minutes are over");
        var active = host.Views.Find(Keys.Of("shop"))!;
        Assert.NotEqual("RolledBack", active.Newest!.Phase.Name);
        var told = active.Seen!.Judgement!.Findings.Single(f => f.Signal == "client errors");
        output.WriteLine(told.Text);
        Assert.True(told.Candidate.Events > 0);
    }

    private static string Reason(DaemonHost host) => host.Views.Find(Keys.Of("shop"))?.Seen?.Judgement?.Reason ?? "";

    private static Task AnswerAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync("v");
    }
}

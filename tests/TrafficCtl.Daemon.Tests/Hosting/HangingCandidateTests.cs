using Microsoft.AspNetCore.Http;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>
/// A candidate that never answers a part of its requests, through the real proxy and the real control loop, in hasty time.
/// </summary>
public sealed class HangingCandidateTests(ITestOutputHelper output)
{
    private const int Speed = 4;

    private static readonly TargetKey Shop = new("shop", ServiceSpec.DefaultEnvironment);

    [Theory]
    [InlineData(30, 5)]
    [InlineData(30, 50)]
    [InlineData(100, 5)]
    [InlineData(100, 50)]
    public async Task It_is_taken_back_although_its_clients_leave_before_any_limit_of_the_proxy(int percent, int weight)
    {
        var requests = 0;
        var clock = new HastyClock(Speed);
        await using var daemon = await RealDaemon.PrepareAsync(
            context => (Interlocked.Increment(ref requests) * 30) % 100 < percent ? HangAsync(context) : context.Response.WriteAsync("v2"),
            clock);
        await using var host = await daemon.StartAsync();
        await using var clients = new ShopClients(host.AddressOf("shop"), clock, Speed, perSecond: 50, patience: TimeSpan.FromSeconds(2));
        // So many answers of stable, that it is known how quick it usually is.
        await Eventually.TrueAsync(() => clients.Answered > 500, "the shop has clients");

        daemon.Deliver("v1", "v1 v2", more: $"identity: [header:x-user-id]\nrollout: [{{ weights: [{weight}, 100] }}]");
        Assert.Empty(await host.ReloadAsync(default));
        var words = new HashSet<string>(StringComparer.Ordinal);
        await Eventually.TrueAsync(() => IsOver(host, words), "the rollout is over");

        var facts = (await host.Store.FactsAsync(new FactQuery(Shop), default)).Reverse().ToArray();
        var (exposed, back) = (facts.First(f => f.What == "start").At, facts[^1]);
        output.WriteLine(
            $"{percent} % at {weight} %: back after {(back.At - exposed).TotalSeconds:0} s, {clients.Abandoned} clients left; {back.Text}");
        Assert.Contains("RolledBack", host.Views.Find(Keys.Of("shop"))!.Newest!.Phase.Name, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("v1", host.Views.Find(Keys.Of("shop"))!.Record!.LastGood);
        Assert.DoesNotContain(facts, f => f.What is "promote" or "complete");
        Assert.DoesNotContain(words, w => w.Contains("no data", StringComparison.Ordinal));
    }

    private static bool IsOver(DaemonHost host, HashSet<string> words)
    {
        var view = host.Views.Find(Keys.Of("shop"));
        // Until the first step is in force nothing is measured yet.
        if (view?.Record?.Active?.Phase is Phase.Observing && view.Seen?.Judgement is { } judgement) words.Add(judgement.Reason);
        return view is { Record.Active: null, Newest.Phase.IsFinal: true };
    }

    private static async Task HangAsync(HttpContext context) =>
        await Hang.UntilAsync(context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
}

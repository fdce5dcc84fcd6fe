using System.Collections.Immutable;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Recording;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Control.Tests.Observing;

public sealed class LaggingReadingTests
{
    private LaggingMetrics? lagging;

    [Fact]
    public async Task A_good_version_goes_step_by_step_to_good_on_coarse_readings_that_lag_behind()
    {
        using var world = Begin();
        await world.UntilAsync(w => w.Phase is Phase.Good, 900);
        Assert.Equal([0, 1000, 5000, 10_000, 0], Collapsed(world));
        Assert.DoesNotContain(world.Store.Facts, f => f.What == "evidence-anew");
    }

    [Fact]
    public async Task A_bad_version_is_rolled_back_at_its_first_step()
    {
        using var world = Begin();
        world.Metrics.Candidate = new ArmScript(ErrorRatio: 0.2);
        await world.UntilAsync(w => w.Phase is Phase.RolledBack, 600);
        Assert.Equal(1000, world.Router.History.Max(r => r.Exposure.General.Candidate));
    }

    [Fact]
    public async Task A_slow_version_is_rolled_back_by_the_slopes_of_coarse_buckets()
    {
        using var world = Begin();
        world.Metrics.Candidate = new ArmScript(Slowdown: 4);
        await world.UntilAsync(w => w.Phase is Phase.RolledBack, 900);
        Assert.Contains("latency", world.Store.Facts.First(f => f.What == "rollback").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tick_is_one_scrape_and_no_tick_mixes_two_splits()
    {
        using var world = Begin();
        await world.UntilAsync(w => w.Phase is Phase.Good, 900);
        var ticks = await TicksAsync(world);
        Assert.Contains(ticks, t => t.Candidate > 0 && t.Weight == 1000);
        Assert.Contains(ticks, t => t.Candidate > 0 && t.Weight == 5000);
        Assert.All(ticks, t =>
        {
            Assert.Equal(LaggingMetrics.Scrape.TotalSeconds, t.Seconds);
            Assert.InRange(t.Candidate - (t.All * t.Weight / 10_000.0), -2, 2);
        });
    }

    [Fact]
    public async Task The_requests_of_a_step_are_those_of_its_own_split()
    {
        using var world = Begin();
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing { Step: 1 }, 600);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(default, world.View.Seen!.Evidence);
            await world.SecondAsync();
        }
    }

    [Fact]
    public async Task A_backend_that_went_silent_holds_after_a_while_and_nothing_is_lost()
    {
        using var world =
            Begin(w => w with { Plan = w.Plan with { IfUnsure = new UnsurePolicy(TimeSpan.FromHours(2), UnsureOutcome.Pause) } });
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing, 600);
        for (var i = 0; i < 40; i++) await world.SecondAsync();
        (lagging!.IsGone, lagging.Trouble) = (true, "Prometheus cannot be reached");
        for (var i = 0; i < 300; i++) await world.SecondAsync();
        Assert.IsType<Phase.Observing>(world.Phase);
        Assert.Null(world.View.Seen!.Judgement);
        Assert.Contains(world.View.Warnings, w => w.Contains("in doubt (Prometheus cannot be reached)", StringComparison.Ordinal));
        (lagging.IsGone, lagging.Trouble) = (false, null);
        await world.UntilAsync(w => w.Phase is Phase.Good, 900);
        Assert.Empty(world.View.Warnings.Where(w => w.Contains("in doubt", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Evidence_begins_anew_with_a_fact_when_the_buckets_change()
    {
        using var world = Begin();
        world.Metrics.Rate = 50;
        await world.UntilAsync(w => w.Active?.Phase is Phase.Observing, 600);
        for (var i = 0; i < 60; i++) await world.SecondAsync();
        lagging!.Bounds = [0.005, 0.01, 0.02, 0.05, 1];
        for (var i = 0; i < 60; i++) await world.SecondAsync();
        world.Metrics.Rate = 1000;
        await world.UntilAsync(w => w.Phase is Phase.Good, 900);
        Assert.Contains(world.Store.Facts, f => f.What == "evidence-anew" && f.Text.Contains("buckets", StringComparison.Ordinal));
        Assert.Contains(await TicksAsync(world), t => t.Begins == BeginCause.Buckets);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public async Task A_restart_goes_on_with_evidence_in_coarse_buckets_also_while_no_latency_was_counted_since(int quiet)
    {
        using var world = Begin(Slowly);
        await world.UntilAsync(w => w.View.Seen?.Evidence.Requests > 5000);
        for (var i = 0; i < 12; i++) await world.SecondAsync();
        await world.UntilAsync(w => Samples(w) > 0, 30);
        var (requests, samples) = (world.View.Seen!.Evidence.Requests, Samples(world));
        world.Metrics.Rate = quiet > 0 ? 0 : 1000;
        world.Restart();
        for (var i = 0; i < quiet; i++) await world.SecondAsync();
        world.Metrics.Rate = 1000;
        await world.UntilAsync(w => w.View.Seen?.Evidence.Requests >= requests - 2000, 30);
        await world.UntilAsync(w => w.View.Seen?.Judgement is not null, 30);
        Assert.InRange(Samples(world), samples - 3000, double.MaxValue);
        await world.UntilAsync(w => w.Phase is Phase.Good, 900);
        Assert.Contains(world.Store.Facts, f => f.What == "resumed");
        Assert.DoesNotContain(world.Store.Facts, f => f.What == "evidence-anew");
    }

    [Fact]
    public async Task Evidence_goes_on_in_its_buckets_while_only_a_finer_histogram_has_counted_since_a_restart()
    {
        using var world = Begin(Slowly);
        await world.UntilAsync(w => w.View.Seen?.Evidence.Requests > 5000);
        for (var i = 0; i < 12; i++) await world.SecondAsync();
        var bounds = lagging!.Bounds;
        world.Restart();
        await world.SettleAsync();
        lagging.Bounds = [.. bounds, 2, 5];
        for (var i = 0; i < 30; i++) await world.SecondAsync();
        Assert.InRange(Samples(world), 5000, double.MaxValue);
        lagging.Bounds = bounds;
        await world.UntilAsync(w => w.Phase is Phase.Good, 900);
        Assert.DoesNotContain(world.Store.Facts, f => f.What == "evidence-anew");
    }

    [Fact]
    public async Task A_custom_metric_reaches_the_judge()
    {
        using var world = Begin(w => Slowly(w) with
        {
            Analysis = w.Analysis with { Metrics = [new MetricTolerance("orders", Direction.Higher, 0.02) { Query = "q" }] },
        });
        await world.BegunAsync();
        lagging!.Metrics = [new MetricPair(10, 9)];
        await world.UntilAsync(
            w => w.View.Seen?.Judgement?.Findings.Any(f => f.Signal == "orders" && f.Candidate.Requests > 0) == true, 600);
        var analysis = world.View.Spec.Analysis;
        Assert.Equal(analysis, RolloutJson.ReadAnalysis(RolloutJson.Write(analysis)));
        Assert.Equal(0.9, world.View.Seen!.Judgement!.Findings.First(f => f.Signal == "orders").Estimate, 2);
    }

    /// <summary>Requests of the candidate that the judge has compared.</summary>
    private static double Samples(World world) => world.View.Seen?.Judgement?.Findings[0].Candidate.Requests ?? 0;

    private static ServiceSpec Slowly(ServiceSpec spec) => spec with
    {
        Plan = spec.Plan with { Steps = [.. spec.Plan.Steps.Select(s => s with { AtLeast = new MinimumEvidence(20_000, 0) })] },
    };

    private World Begin(Func<ServiceSpec, ServiceSpec>? change = null)
    {
        var spec = World.Spec();
        return new World((change ?? (s => s))(
            spec with { Plan = spec.Plan with { IfUnsure = new UnsurePolicy(TimeSpan.FromSeconds(700), UnsureOutcome.Pause) } }),
            source: w => lagging = new LaggingMetrics(w.Metrics, w.Clock));
    }

    private static IEnumerable<int> Collapsed(World world)
    {
        var all = new List<int>();
        foreach (var route in world.Router.History)
            if (all.Count == 0 || all[^1] != route.Exposure.General.Candidate) all.Add(route.Exposure.General.Candidate);
        return all;
    }

    private sealed record Seen(double Seconds, long All, long Candidate, int Weight, BeginCause? Begins);

    private static async Task<ImmutableArray<Seen>> TicksAsync(World world)
    {
        var ticks = ImmutableArray.CreateBuilder<Seen>();
        foreach (var piece in await world.Store.WindowsAsync("checkout-default-1", 0, default))
        {
            var reader = TickReader.Open(piece)!;
            while (reader.TryNext(out var tick))
            {
                var (stable, candidate) = (tick.Tick.Stable.Requests, tick.Tick.Candidate.Requests);
                ticks.Add(new Seen(tick.Tick.Seconds, stable + candidate, candidate, tick.Tick.Weights.Candidate, tick.Begins?.Cause));
            }
        }

        return ticks.ToImmutable();
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters;
using TrafficCtl.Adapters.Storage;
using TrafficCtl.Control;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Offline.Replaying;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;
using Listener = TrafficCtl.Core.Targets.Listener;
using Plan = TrafficCtl.Core.Rollouts.Plan;

namespace TrafficCtl.Offline.Tests.Replaying;

/// <summary>The whole of control over a real store, in virtual time; then its data directory is replayed from outside.</summary>
public sealed class ReplaysTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Rollouts_of_a_data_directory_are_judged_again_to_the_last_bit()
    {
        await RecordAsync();
        var answer = await Replays.ReadAsync(new ReplayRequest { DataDirectory = folder }, default);
        Assert.Equal(["shop-default-2", "shop-default-1"], answer.Rollouts.Select(r => r.Rollout));
        Assert.Equal(["RolledBack", "Good"], answer.Rollouts.Select(r => r.Phase));
        Assert.Equal(["rolled-back", "promoted"], answer.Rollouts.Select(r => r.Again.Outcome));
        Assert.All(answer.Rollouts, r =>
            Assert.Equal((0, 0L, false, ""), (r.Differing, r.MissingTicks, r.Changed, string.Join(';', r.Notes))));
        Assert.All(answer.Rollouts, r => Assert.True(r is { Judgements: > 0, Ticks: > 1, Bytes: > 0 }));
        Assert.Equal((1, 0, 1, 0, 0), (answer.Promoted, answer.Held, answer.RolledBack, answer.Changed, answer.Unjudged));
        Assert.Equal((1000, "v2", "v3"), (answer.Rollouts[0].Again.Weight, answer.Rollouts[0].Stable, answer.Rollouts[0].Candidate));
        Assert.NotEqual("", answer.Rollouts[0].Again.Signal);
    }

    [Fact]
    public async Task A_file_of_tolerances_changes_what_would_have_been()
    {
        await RecordAsync();
        var file = Path.Combine(folder, "loose.yaml");
        await File.WriteAllTextAsync(file, "tick: 1s\nwarm-up: { errors: 1s, latency: 1s }\nerrors: { worse-by: 90pp, then: hold "
            + "}\nlatency: { worse-by: 50%, then: hold }\n");
        var request = new ReplayRequest { DataDirectory = folder, AnalysisFile = file };
        var answer = await Replays.ReadAsync(request, default);
        Assert.Equal(file, answer.Analysis);
        await File.WriteAllTextAsync(
            file, "tick: 1s\nwarm-up: { errors: 1s, latency: 1s }\nerrors: { worse-by: 0.01pp }\nlatency: { worse-by: 50% }\n");
        var strict = await Replays.ReadAsync(request with { Last = 1, Rollout = "shop-default-1" }, default);
        var only = Assert.Single(strict.Rollouts);
        Assert.Equal(("promoted", "held", true, 1), (only.Recorded.Outcome, only.Again.Outcome, only.Changed, strict.Changed));
        Assert.Equal(["pass", "pass"], only.Steps.Select(s => s.Recorded));
        Assert.Equal("unsure", only.Steps[0].Again);
    }

    [Theory]
    [InlineData("latency: { worse-by: 60% }\n")]
    [InlineData("analysis: { errors: { worse-by: 6pp } }\n")]
    public async Task A_looser_file_of_one_key_keeps_all_that_was_recorded_beside_it(string loose)
    {
        await RecordAsync();
        var file = Path.Combine(folder, "loose.yaml");
        await File.WriteAllTextAsync(file, loose);
        var answer =
            await Replays.ReadAsync(new ReplayRequest { DataDirectory = folder, AnalysisFile = file, Rollout = "shop-default-1" }, default);
        var only = Assert.Single(answer.Rollouts);
        Assert.Equal(
            ("promoted", "promoted", false, ""), (only.Recorded.Outcome, only.Again.Outcome, only.Changed, string.Join(';', only.Notes)));
    }

    [Fact]
    public async Task Other_ticks_than_the_recorded_ones_are_noted_when_the_file_names_them()
    {
        await RecordAsync();
        var file = Path.Combine(folder, "ticks.yaml");
        await File.WriteAllTextAsync(file, "tick: 5s\n");
        var answer =
            await Replays.ReadAsync(new ReplayRequest { DataDirectory = folder, AnalysisFile = file, Rollout = "shop-default-1" }, default);
        Assert.Equal("the ticks are 1 s long as recorded, not 5 s", Assert.Single(Assert.Single(answer.Rollouts).Notes));
    }

    [Fact]
    public async Task Only_what_is_asked_for_is_judged_again()
    {
        var now = await RecordAsync();
        Assert.Single((await Replays.ReadAsync(new ReplayRequest { DataDirectory = folder, Last = 1 }, default)).Rollouts);
        Assert.Single(
            (await Replays.ReadAsync(new ReplayRequest { DataDirectory = folder, Rollout = "shop-default-1" }, default)).Rollouts);
        Assert.Equal(
            2,
            (await Replays.ReadAsync(
                new ReplayRequest { DataDirectory = folder, Service = "shop", Since = now.AddHours(-1) }, default)).Rollouts.Count);
    }

    [Fact]
    public async Task What_cannot_be_replayed_is_refused_with_what_to_do()
    {
        Assert.Contains(
            "no data directory", await RefusedAsync(new ReplayRequest { DataDirectory = Path.Combine(folder, "none") }),
            StringComparison.Ordinal);
        Assert.Contains("There is no store", await RefusedAsync(new ReplayRequest { DataDirectory = folder }), StringComparison.Ordinal);
        var now = await RecordAsync();
        Assert.Contains(
            "did you mean \"shop\"?", await RefusedAsync(new ReplayRequest { DataDirectory = folder, Service = "shpo" }),
            StringComparison.Ordinal);
        Assert.Contains(
            "did you mean \"shop-default-1\"?", await RefusedAsync(new ReplayRequest { DataDirectory = folder, Rollout = "shop-defalt-1" }),
            StringComparison.Ordinal);
        Assert.Contains(
            "2 are recorded", await RefusedAsync(new ReplayRequest { DataDirectory = folder, Since = now.AddDays(1) }),
            StringComparison.Ordinal);
        var file = Path.Combine(folder, "bad.yaml");
        await File.WriteAllTextAsync(file, "erors: {}\n");
        Assert.Contains(
            "did you mean \"errors\"?", await RefusedAsync(new ReplayRequest { DataDirectory = folder, AnalysisFile = file }),
            StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, "trafficctl.db"), new string('x', 4096));
        Assert.Contains("is damaged", await RefusedAsync(new ReplayRequest { DataDirectory = folder }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_recording_it_says_what_records_one()
    {
        await using (var store = Store(new ManualClock()))
            await store.GetRequiredService<IStoreOpening>().OpenAsync(CancellationToken.None);
        Assert.Contains("--keep-windows", await RefusedAsync(new ReplayRequest { DataDirectory = folder }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7d", "2026-01-24T00:00:00Z")]
    [InlineData("0", "2026-01-31T00:00:00Z")]
    [InlineData("9000w", "1970-01-01T00:00:00Z")]
    [InlineData("2026-01-15", "2026-01-15T00:00:00Z")]
    [InlineData("2026-01-15T12:30:00+02:00", "2026-01-15T10:30:00Z")]
    [InlineData("yesterday", null)]
    [InlineData("", null)]
    public void Since_is_an_age_or_a_time(string text, string? expected)
    {
        var now = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(expected is not null, ReplayRequest.TryParseSince(text, now, out var since));
        if (expected is not null) Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), since);
    }

    private static async Task<string> RefusedAsync(ReplayRequest request) =>
        Assert.Single((await Assert.ThrowsAsync<DaemonRefusedException>(() => Replays.ReadAsync(request, default))).Problems);

    private ServiceProvider Store(TimeProvider clock) => new ServiceCollection()
        .AddSingleton(clock)
        .AddLogging(static l => l.SetMinimumLevel(LogLevel.None))
        .AddSqliteStore(Path.Combine(folder, "trafficctl.db"))
        .BuildServiceProvider();

    /// <summary>A good v2, then a v3 that fails.</summary>
    private async Task<DateTimeOffset> RecordAsync()
    {
        var clock = new ManualClock();
        var router = new FakeRouter();
        var metrics = new FakeMetrics(router, clock) { Stable = new ArmScript(Slowdown: 1), Candidate = new ArmScript(Slowdown: 1) };
        await using var process = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock).AddSingleton<ITrafficRouter>(router).AddSingleton<IMetricSource>(metrics)
            .AddLogging(static l => l.SetMinimumLevel(LogLevel.None))
            .AddSqliteStore(Path.Combine(folder, "trafficctl.db"))
            .AddControl()
            .AddTargets()
            .BuildServiceProvider();
        var loop = process.GetRequiredService<ControlLoop>();
        var views = process.GetRequiredService<Views>();
        loop.SetServices([Spec("v1", "v2")]);
        await UntilAsync<Phase.Good>();
        metrics.Candidate = new ArmScript(ErrorRatio: 0.5, Slowdown: 1);
        loop.SetServices([Spec("v1", "v2", "v3")]);
        await UntilAsync<Phase.RolledBack>();
        return clock.GetUtcNow();

        async Task UntilAsync<T>()
        {
            for (var i = 0; views.Find(Keys.Of("shop"))?.Newest?.Phase is not T; i++)
            {
                Assert.InRange(i, 0, 300);
                metrics.Flow("shop", TimeSpan.FromSeconds(1));
                clock.Advance(TimeSpan.FromSeconds(1));
                while (await loop.TurnAsync(default))
                {
                }
            }
        }
    }

    private static ServiceSpec Spec(params string[] versions) => new()
    {
        Service = "shop",
        Target = new EmbeddedTarget
        {
            Listen = new Listener("localhost", 0, null),
        },
        Versions = [.. versions.Select(v => new VersionSpec(v, [new Uri($"http://{v}.local")]))],
        Stable = "v1",
        Plan = new Plan
        {
            Steps =
            [
                new Step(null, Weights.OfCandidate(1000), TimeSpan.FromSeconds(2), new MinimumEvidence(100, 0)),
                new Step(null, Weights.OfCandidate(5000), TimeSpan.FromSeconds(2), new MinimumEvidence(100, 0)),
            ],
            Watch = TimeSpan.FromSeconds(2),
        },
        Analysis = new Analysis
        {
            Tick = TimeSpan.FromSeconds(1),
            ErrorWarmUp = TimeSpan.FromSeconds(1),
            LatencyWarmUp = TimeSpan.FromSeconds(1),
            Errors = new ErrorTolerance(0.05),
            Latency = new LatencyTolerance(0.99, 0.5),
        },
    };
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Storage.Sqlite;
using TrafficCtl.Control;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Storage;

/// <summary>The whole of control over a real file that cannot grow.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Pages = 400;
    private static readonly TargetKey Key = new("checkout", ServiceSpec.DefaultEnvironment);

    private readonly TemporaryDirectory directory = new();
    private readonly ManualClock clock = new();
    private readonly FakeRouter router = new();
    private readonly FakeMetrics metrics;
    private readonly SqliteStore store;
    private readonly ServiceProvider services;

    public FullDiskTests()
    {
        metrics = new FakeMetrics(router, clock);
        store = TestStore.Open(directory.Database, TestStore.Settings with { MaxPages = Pages });
        services = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IStore>(store)
            .AddSingleton<ITrafficRouter>(router)
            .AddSingleton<IMetricSource>(metrics)
            .AddLogging(static logging => logging.SetMinimumLevel(LogLevel.None)).AddControl().AddTargets().BuildServiceProvider();
    }

    private ServiceView? View => services.GetRequiredService<Views>().Find(Keys.Of(Key.Service));

    public void Dispose()
    {
        services.Dispose();
        store.Dispose();
        directory.Dispose();
    }

    [Fact]
    public async Task On_a_full_disk_nothing_unsaved_is_acted_on_and_the_rollout_goes_on_when_there_is_room()
    {
        var loop = services.GetRequiredService<ControlLoop>();
        loop.SetServices([Spec()]);
        using var stopping = new CancellationTokenSource();
        var running = Task.Run(() => loop.RunAsync(stopping.Token));
        await UntilAsync(view => view.Newest?.Phase is Phase.Observing { Step: 0 });
        Fill();
        await UntilAsync(view => view.Warnings.Any(w => w.Contains("the disk is full", StringComparison.Ordinal)));
        for (var i = 0; i < 20; i++)
        {
            await SecondAsync();
            Assert.NotEqual(Exposure.All, router.Find(Key.Service)!.Exposure);
            Assert.True(
                (await store.LoadAsync(Key, default))!.Generation >= router.Find(Key.Service)!.Generation,
                "what is not saved is not acted on");
        }

        using (var other = new SqliteSession(directory.Database, SqliteSettings.Default)) other.Run("DROP TABLE filler;");
        await UntilAsync(view => view.Newest?.Phase is Phase.Good);
        Assert.DoesNotContain(View!.Warnings, w => w.Contains("store", StringComparison.Ordinal));
        Assert.Single(await store.FactsAsync(new FactQuery(Key, Limit: 1000), default), f => f.What == "good");
        await stopping.CancelAsync();
        await running;
    }

    /// <summary>Another program's bytes, until this store can add no page.</summary>
    private void Fill()
    {
        using var other = new SqliteSession(directory.Database, SqliteSettings.Default);
        other.Run("CREATE TABLE filler (x BLOB);");
        while (other.Number("PRAGMA page_count") < Pages || other.Number("PRAGMA freelist_count") > 0)
            other.Execute("INSERT INTO filler VALUES (zeroblob(3000))");
    }

    private async Task UntilAsync(Func<ServiceView, bool> done)
    {
        for (var i = 0; i < 300; i++)
        {
            if (View is { } view && done(view)) return;
            await SecondAsync();
        }

        throw new TimeoutException($"it is {View?.Newest?.Phase}: {View?.LastDecision?.Reason}; {string.Join("; ", View?.Warnings ?? [])}");
    }

    /// <summary>A second of traffic, and the round of that second.</summary>
    private async Task SecondAsync()
    {
        var views = services.GetRequiredService<Views>();
        var version = views.Version;
        metrics.Flow(Key.Service, TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromSeconds(1));
        // A round that is still ending would not be due again in this second by itself.
        services.GetRequiredService<ControlLoop>().Wake(Key);
        await views.ChangedAsync(version, default).WaitAsync(TimeSpan.FromSeconds(60));
    }

    private static ServiceSpec Spec() => new()
    {
        Service = Key.Service,
        Target = new EmbeddedTarget
        {
            Listen = new Listener("localhost", 0, null),
        },
        Versions = [new("v1", [new Uri("http://v1.local")]), new("v2", [new Uri("http://v2.local")])],
        Stable = "v1",
        Plan = new Plan
        {
            Steps = [new Step(null, Weights.OfCandidate(1000), TimeSpan.FromSeconds(30), new MinimumEvidence(100, 0)), new Step(
                null, Weights.OfCandidate(5000), TimeSpan.FromSeconds(2), new MinimumEvidence(100, 0))],
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

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Rounds.Troubles;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.TestKit;

namespace TrafficCtl.Control.Tests.Rounds;

/// <summary>The parts of a round one by one, as the process puts them together, with a store and a clock to ask what they did.</summary>
internal sealed class Parts : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 11, 2, 9, 0, 0, TimeSpan.Zero);

    private readonly ServiceProvider services;

    public Parts()
    {
        var router = new FakeRouter();
        services = new ServiceCollection()
            .AddTargets()
            .AddSingleton<TimeProvider>(Clock)
            .AddSingleton<IStore>(Store)
            .AddSingleton<ITrafficRouter>(router)
            .AddSingleton<IMetricSource>(new FakeMetrics(router, Clock))
            .AddLogging(l => l.SetMinimumLevel(LogLevel.None))
            .AddControl()
            .BuildServiceProvider();
    }

    public ManualClock Clock { get; } = new(Now);

    public FakeStore Store { get; } = new();

    public StoreAccess Access => Get<StoreAccess>();

    public ControlMetrics Counts => Get<ControlMetrics>();

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public static ControlledTarget Target(Phase? phase, string service = World.Service, params string[] versions)
    {
        var spec = World.Spec("v1", versions) with { Service = service };
        var active = phase is null
            ? null
            : new RolloutState($"{service}-default-1", service, "default", 1, "v1", "v2", 4, Now, Now, phase)
            {
                Plan = spec.Plan,
                ChangedAfter = TimeSpan.Zero,
            };
        var target = new ControlledTarget(new Declaration(spec, LastKnown.Nothing), 0, default);
        target.Take(target.State with
        {
            Known = Known.Nothing with
            {
                Record = new ServiceRecord(spec.Key, "v1", 1, 4, [], active, default),
                Newest = active,
                MustLoad = false,
                MustAsk = false,
            },
            Decided = Decided.Nothing with { MayStart = false },
        });
        if (active is not null) target.Observation.BeginEvidence(active.Id, 0);
        return target;
    }

    public static Wish Wish(long id, WishKind kind, long? expected = null, string service = World.Service) =>
        new(id, Keys.Of(service), kind, null, "ann", "because", "a test", Now) { ExpectedGeneration = expected };

    public void Dispose() => services.Dispose();
}

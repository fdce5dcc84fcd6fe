using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Leading;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Rounds;
using TrafficCtl.Control.Rounds.Applying;
using TrafficCtl.Control.Rounds.Deciding;
using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Control.Rounds.Observing;
using TrafficCtl.Control.Rounds.Reporting;
using TrafficCtl.Control.Rounds.Saving;
using TrafficCtl.Control.Rounds.Troubles;
using TrafficCtl.Control.Targets;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Waking;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control;

public static class ControlServices
{
    /// <summary>
    /// Adds the loop, the views, the wishes and their metrics. The host adds <see cref="IStore"/>, an <see cref="ITargetFactory"/> for
    /// each kind of target that it drives, an <see cref="ILeadership"/> that it runs <see cref="LeaderWork"/> under, and logging.
    /// </summary>
    public static IServiceCollection AddControl(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(RecordingSettings.Default);
        return services
            .AddSingleton<Views>()
            .AddSingleton<ControlMetrics>()
            .AddSingleton<WorkQueue>()
            .AddSingleton<TargetDrivers>()
            .AddSingleton<Answers>()
            .AddSingleton<OpenAborts>()
            .AddSingleton<Aborting>()
            .AddSingleton<Repeats>()
            .AddSingleton<WindowRecorder>()
            .AddSingleton<Retention>()
            .AddRounds()
            .AddSingleton(p => new ControlLoop(
                p.GetRequiredService<Round>(), p.GetRequiredService<TargetDrivers>(), p.GetRequiredService<WorkQueue>(),
                p.GetRequiredService<Views>(), p.GetRequiredService<ControlMetrics>(), p.GetRequiredService<TimeProvider>(),
                p.GetRequiredService<ILogger<ControlLoop>>()))
            .AddSingleton<LeaderWork>()
            .AddSingleton(p => new Wishes(
                p.GetRequiredService<Views>(), p.GetRequiredService<WorkQueue>(), p.GetRequiredService<Answers>(),
                p.GetRequiredService<Aborting>(), p.GetRequiredService<Repeats>(), p.GetRequiredService<TimeProvider>()));
    }

    /// <summary>The process drives targets of this kind from now on.</summary>
    /// <typeparam name="TTarget">The kind.</typeparam>
    /// <param name="services">The services of the process.</param>
    /// <param name="driver">Makes the driver, when the first target of the kind is declared.</param>
    public static IServiceCollection AddTargets<TTarget>(this IServiceCollection services, Func<IServiceProvider, TargetDriver> driver)
        where TTarget : Target =>
        services.AddSingleton<ITargetFactory>(provider => new TargetFactory<TTarget>(() => driver(provider)));

    /// <summary>The stages of a round and their parts, in the order in which a round goes through them.</summary>
    private static IServiceCollection AddRounds(this IServiceCollection services) => services
        .AddSingleton<StoreAccess>().AddSingleton<Faults>().AddSingleton<RouterFaults>()
        .AddSingleton<Loader>().AddSingleton<AbortReader>().AddSingleton<StoreReader>().AddSingleton<RouterReader>()
        .AddSingleton<CounterReader>().AddSingleton<TickFeeder>().AddSingleton<Absorber>().AddSingleton<GateReader>()
        .AddSingleton<ObserveStage>()
        .AddSingleton<Decider>().AddSingleton<DecideStage>()
        .AddSingleton<Checkpoints>().AddSingleton<Confirmations>().AddSingleton<WishRecorder>().AddSingleton<Saver>()
        .AddSingleton<SaveStage>()
        .AddSingleton<Applier>().AddSingleton<ApplyStage>()
        .AddSingleton<Reporter>().AddSingleton<Upkeep>()
        .AddSingleton<Round>();
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Leading;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Rounds;
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
            .AddSingleton<Wakes>()
            .AddSingleton<Answers>()
            .AddSingleton<TargetDrivers>()
            .AddSingleton<StoreAccess>()
            .AddSingleton<Loader>()
            .AddSingleton<WindowRecorder>()
            .AddSingleton<Retention>()
            .AddSingleton<Observer>()
            .AddSingleton<GateReader>()
            .AddSingleton<Decider>()
            .AddSingleton<Actor>()
            .AddSingleton<Checkpoints>()
            .AddSingleton<DriftAnswers>()
            .AddSingleton<OpenAborts>()
            .AddSingleton<AbortRecorder>()
            .AddSingleton<Aborting>()
            .AddSingleton<Faults>()
            .AddSingleton<Saver>()
            .AddSingleton<Reconciler>()
            .AddSingleton(p => new ControlLoop(
                p.GetRequiredService<Reconciler>(), p.GetRequiredService<TargetDrivers>(), p.GetRequiredService<WorkQueue>(),
                p.GetRequiredService<Wakes>(), p.GetRequiredService<Views>(), p.GetRequiredService<ControlMetrics>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ControlLoop>>()))
            .AddSingleton<LeaderWork>()
            .AddSingleton(p => new Wishes(
                p.GetRequiredService<IStore>(), p.GetRequiredService<Views>(), p.GetRequiredService<Wakes>(),
                p.GetRequiredService<Answers>(), p.GetRequiredService<Aborting>(), p.GetRequiredService<TimeProvider>()));
    }

    /// <summary>The process drives targets of this kind from now on.</summary>
    /// <typeparam name="TTarget">The kind.</typeparam>
    /// <param name="services">Of the process.</param>
    /// <param name="driver">Makes the driver, when the first target of the kind is declared.</param>
    public static IServiceCollection AddTargets<TTarget>(this IServiceCollection services, Func<IServiceProvider, TargetDriver> driver)
        where TTarget : Target =>
        services.AddSingleton<ITargetFactory>(provider => new TargetFactory<TTarget>(() => driver(provider)));
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Rounds;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Waking;
using TrafficCtl.Control.Wishing;

namespace TrafficCtl.Control;

public static class ControlServices
{
    /// <summary>Adds the loop, the views, the wishes and their metrics. The host adds IStore, ITrafficRouter, IMetricSource and logging.</summary>
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
                p.GetRequiredService<Reconciler>(), p.GetRequiredService<WorkQueue>(), p.GetRequiredService<Wakes>(), p.GetRequiredService<Views>(),
                p.GetRequiredService<ControlMetrics>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ControlLoop>>()))
            .AddSingleton(p => new Wishes(
                p.GetRequiredService<IStore>(), p.GetRequiredService<Views>(), p.GetRequiredService<Wakes>(),
                p.GetRequiredService<Answers>(), p.GetRequiredService<Aborting>(), p.GetRequiredService<TimeProvider>()));
    }
}

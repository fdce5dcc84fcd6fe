using System.Reflection;
using System.Runtime.InteropServices;
using TrafficCtl.Control;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>What the process knows of itself.</summary>
internal static class ProcessSamples
{
    private static readonly string Version =
        typeof(ProcessSamples).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static void Write(MetricText text, ControlMetrics control, ConfigReloads reloads)
    {
        foreach (var (label, count) in control.Decisions.OrderBy(d => (d.Key.Service, d.Key.Environment, d.Key.Kind)))
        {
            text.Add(Metrics.Decisions, count.Count, label.Service, label.Environment, label.Kind);
            text.Add(Metrics.LastDecision, MetricText.Timestamp(count.Last), label.Service, label.Environment, label.Kind);
        }

        text.Add(Metrics.Rounds, control.Rounds);
        text.Add(Metrics.RoundDuration, control.LastRoundSeconds);
        text.Add(Metrics.Faults, control.Faults);
        text.Add(Metrics.StoreErrors, control.StoreErrors);
        text.Add(Metrics.RouterErrors, control.RouterErrors);
        text.Add(Metrics.MetricErrors, control.MetricErrors);
        text.Add(Metrics.StaleWrites, control.StaleWrites);
        text.Add(Metrics.LostWindows, control.LostWindows);
        if (reloads.SucceededAt is { } at) text.Add(Metrics.ReloadSuccess, MetricText.Timestamp(at));
        text.Add(Metrics.ReloadFailures, reloads.Failures);
        text.Add(Metrics.BuildInfo, 1, Version, RuntimeInformation.FrameworkDescription);
    }
}

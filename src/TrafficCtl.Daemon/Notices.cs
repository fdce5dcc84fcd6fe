using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Logging;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon;

/// <summary>What a daemon says of itself on standard output: as its log has it, or for scripts an object a line.</summary>
internal sealed class Notices(Announcements announcements, TextWriter output, bool isJson, TimeProvider clock)
{
    private readonly Printing printing = new(output);

    /// <param name="host">Ready.</param>
    /// <param name="after">The time that the start took.</param>
    public async Task ReadyAsync(DaemonHost host, TimeSpan after)
    {
        var ready = EventOf("ready");
        ImmutableArray<ServiceView> served = host.HasListeners
            ? [.. host.Views.All.Where(static v => v.Spec.Target is EmbeddedTarget)]
            : [];
        ready.Services.AddRange(served.Select(v => new ServedService { Service = v.Key.Name, Listen = AddressOf(host.AddressOf(v.Key)) }));
        ready.Admin = AddressOf(host.Admin);
        if (host.HasListeners) ready.ReadySeconds = Math.Round(after.TotalSeconds, 3);
        if (host.Probes is { } probes) ready.Probes = AddressOf(probes);
        var clusters = host.Clusters;
        if (!clusters.IsEmpty)
            (ready.Cluster, ready.Identity) = (
                string.Join("; ", clusters.Select(static c => c.Where)), string.Join("; ", clusters.Select(static c => c.Identity)));
        await SayAsync(ready,
        [
            .. served.Select(v => $"serving {v.Key.Name} on {host.AddressOf(v.Key)}"),
            .. clusters.Select(
                static c => $"controlling {c.Where} as {c.Identity}{(c.Name == TargetKey.DefaultTarget ? "" : $", target {c.Name}")}"),
            .. host.Probes is { } where ? [$"probes and metrics on {where}"] : Array.Empty<string>(),
            $"admin API on {host.Admin}{(host.HasListeners ? $"; ready after {DurationText.Of(after)}" : "")}",
        ]);
    }

    /// <param name="what">The event.</param>
    /// <param name="sentence">The same for a person.</param>
    public Task SayAsync(string what, string sentence) => SayAsync(EventOf(what), sentence);

    private DaemonEvent EventOf(string what) => new() { Event = what, At = clock.GetUtcNow().ToTimestamp() };

    private async Task SayAsync(DaemonEvent what, params string[] sentences)
    {
        if (isJson) await printing.LineAsync(MessageJson.Format(what));
        else foreach (var sentence in sentences) await announcements.SayAsync(sentence);
    }

    private static string AddressOf(Uri bound) => bound.GetLeftPart(UriPartial.Authority);
}

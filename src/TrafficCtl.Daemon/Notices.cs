using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Cluster;
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
        ready.Services.AddRange(host.Views.All.Select(v => new ServedService
        {
            Service = v.Key.Name,
            Listen = AddressOf(host.AddressOf(v.Key)),
        }));
        (ready.Admin, ready.ReadySeconds) = (AddressOf(host.Admin), Math.Round(after.TotalSeconds, 3));
        if (host.Probes is { } probes) ready.Probes = AddressOf(probes);
        await SayAsync(ready,
        [
            .. host.Views.All.Select(v => $"serving {v.Key.Name} on {host.AddressOf(v.Key)}"),
            .. host.Probes is { } where ? [$"probes and metrics on {where}"] : Array.Empty<string>(),
            $"admin API on {host.Admin}; ready after {DurationText.Of(after)}",
        ]);
    }

    /// <param name="host">Listens; whether it leads is another matter.</param>
    /// <param name="identity">Its name among others.</param>
    public async Task ReadyAsync(ControllerHost host, string identity)
    {
        var ready = EventOf("ready");
        (ready.Admin, ready.Probes) = (AddressOf(host.Admin), AddressOf(host.Probes));
        (ready.Cluster, ready.Identity) = (host.Where, identity);
        await SayAsync(ready, $"controlling {host.Where} as {identity}", $"admin API on {host.Admin}; probes and metrics on {host.Probes}");
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

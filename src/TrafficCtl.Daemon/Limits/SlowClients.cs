using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace TrafficCtl.Daemon.Limits;

/// <summary>Counts the connections that the server itself cut because their clients were too slow, from the server's own metrics.</summary>
internal sealed class SlowClients(IMeterFactory meters, LimitCounts counts) : IHostedService, IDisposable
{
    private readonly MeterListener listener = new();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Of this host's server: the proxy's listeners have no meters, and hosts in one process have each their own.
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument is { Name: "kestrel.connection.duration", Meter.Name: "Microsoft.AspNetCore.Server.Kestrel" }
                && ReferenceEquals(instrument.Meter.Scope, meters))
                listening.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => Count(tags));
        listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => listener.Dispose();

    private void Count(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var (name, value) in tags)
        {
            if (name != "error.type") continue;
            LimitKind? kind = (value as string) switch
            {
                "request_headers_timeout" => LimitKind.SlowHeaders,
                "min_request_body_data_rate" => LimitKind.SlowBody,
                "min_response_data_rate" => LimitKind.SlowReader,
                _ => null,
            };
            if (kind is { } one) counts.Count(one, "a slow client");
        }
    }
}

using Microsoft.Extensions.Hosting;

namespace TrafficCtl.Daemon;

/// <summary>Signals are the caller's: a daemon inside the demo must not take the terminal's.</summary>
internal sealed class SilentLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Proxy.Routing;

namespace TrafficCtl.Daemon;

/// <summary>Puts the delivery files in force: all of them, or nothing at all.</summary>
internal sealed partial class Reloader(
    DeliverySource source, ProxyServer proxy, ControlLoop loop, Views views, ConfigReloads status, TimeProvider clock, ILogger<Reloader> log) : IDisposable
{
    private const string Slow = "slow-files";

    private readonly SemaphoreSlim one = new(1, 1);

    /// <summary>The problems that kept the last good files in force; empty when the new ones are.</summary>
    public async Task<ImmutableArray<string>> ReloadAsync(CancellationToken stop)
    {
        await one.WaitAsync(stop);
        try
        {
            var read = await source.ReadAsync(TellSlow, stop);
            views.Notice(Slow, null);
            foreach (var pipe in source.ReadOnce) LogReadOnce(pipe);
            return read switch
            {
                Parsed<ImmutableArray<Delivered>>.Ok(var delivered) => await TakeAsync([.. delivered.Select(d => d.Spec)], stop),
                Parsed<ImmutableArray<Delivered>>.Problems(var all) => Refuse([.. all.Select(p => p.ToString())]),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();

    private async Task<ImmutableArray<string>> TakeAsync(ImmutableArray<ServiceSpec> specs, CancellationToken stop)
    {
        try
        {
            await proxy.ReloadAsync(specs, stop);
        }
        catch (ListenException fault)
        {
            return Refuse([fault.Message]);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // A fault inside must not end a process that serves.
            LogFault(fault);
            return Refuse([$"a fault inside: {fault.Message}"]);
        }

        loop.SetServices(specs);
        status.Succeeded(clock.GetUtcNow());
        views.Notice("reload", null);
        LogReloaded(specs.Length);
        return [];
    }

    private ImmutableArray<string> Refuse(ImmutableArray<string> problems)
    {
        status.Failed();
        views.Notice("reload", $"The delivery files were changed and refused; the last good ones stay in force. {string.Join("; ", problems)}");
        LogRefused(string.Join("; ", problems));
        return problems;
    }

    private void TellSlow()
    {
        views.Notice(Slow, $"{source.SlowWords} The last good files stay in force.");
        LogSlow(source.SlowWords);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What} The last good files stay in force")]
    private partial void LogSlow(string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} is a pipe and can be read only once: what it gave at the start stays in force. Name a file to be able to change it")]
    private partial void LogReadOnce(string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "The delivery files are in force (services: {Services})")]
    private partial void LogReloaded(int services);

    [LoggerMessage(Level = LogLevel.Error, Message = "The reload failed inside")]
    private partial void LogFault(Exception fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "Reload refused, the last good files stay in force: {Problems}")]
    private partial void LogRefused(string problems);
}

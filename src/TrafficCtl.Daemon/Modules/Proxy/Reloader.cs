using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>Puts the delivery files in force: all of them, or nothing at all.</summary>
internal sealed partial class Reloader(
    DeliverySource source, RunningServices running, ServedServices served, DeclaredPipelines pipelines, Views views,
    ConfigReloads status, ILogger<Reloader> log) : IDisposable
{
    private const string Slow = "slow-files";

    private readonly SemaphoreSlim one = new(1, 1);

    /// <summary>Good files that only clash with what is served now; null when there are none.</summary>
    private volatile Held? held;

    /// <summary>The problems that kept the last good files in force; empty when the new ones are.</summary>
    public async Task<ImmutableArray<string>> ReloadAsync(CancellationToken stop)
    {
        await one.WaitAsync(stop);
        try
        {
            var parsed = await source.ReadAsync(TellSlow, stop);
            views.Notice(Slow, null);
            foreach (var pipe in source.ReadOnce) LogReadOnce(pipe);
            return parsed switch
            {
                Parsed<Deliveries>.Ok(var read) => await TakeAsync(read, stop),
                Parsed<Deliveries>.Problems(var all) => Refuse([.. all.Select(p => p.ToString())], null),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Looks after each round whether held files may take effect now.</summary>
    public async Task FollowAsync(CancellationToken stop)
    {
        for (var version = views.Version; !stop.IsCancellationRequested;)
        {
            try
            {
                version = await views.ChangedAsync(version, stop);
                if (held is { } files && (await running.CheckAsync(files.Delivered, stop)).Problems.IsEmpty) await ReloadAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The end was asked for.
            }
            catch (Exception fault)
            {
                LogFault(fault);
            }
        }
    }

    /// <summary>For a start: what is not quite right with files that are in force, and which of them have to wait.</summary>
    /// <param name="delivered">As they were read.</param>
    /// <param name="specs">As they are in force.</param>
    public void Begin(Deliveries delivered, ImmutableArray<ServiceSpec> specs)
    {
        Say(delivered.Warnings);
        foreach (var spec in specs)
        {
            if (spec.Versions.FirstOrDefault(static v => v.IsRetained) is not { } retained) continue;
            held = new Held(delivered);
            LogRetained(
                spec.Key.Name, retained.Version, string.Join(", ", retained.Endpoints.Select(static e => e.AbsoluteUri.TrimEnd('/'))));
        }
    }

    public void Dispose() => one.Dispose();

    private async Task<ImmutableArray<string>> TakeAsync(Deliveries delivered, CancellationToken stop)
    {
        var (problems, warnings) = await running.CheckAsync(delivered, stop);
        if (!problems.IsEmpty) return Refuse([.. problems.Select(static p => p.ToString())], new Held(delivered));
        ImmutableArray<ServiceSpec> specs = [.. delivered.Services.Select(static d => d.Spec)];
        try
        {
            await served.PutFilesAsync(specs, delivered.PipelineTargets, stop);
        }
        catch (ListenException fault)
        {
            return Refuse([fault.Message], null);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // A fault inside must not end a process that serves.
            LogFault(fault);
            return Refuse([$"a fault inside: {fault.Message}"], null);
        }

        held = null;
        pipelines.Set([.. delivered.Pipelines.Select(static p => p.Spec)]);
        Say(delivered.Warnings.Concat(warnings));
        status.Succeeded();
        views.Notice("reload", null);
        LogReloaded(specs.Length, delivered.Pipelines.Length);
        return [];
    }

    private ImmutableArray<string> Refuse(ImmutableArray<string> problems, Held? waiting)
    {
        held = waiting;
        status.Failed();
        var later = waiting is null ? "" : ". They take effect by themselves once nothing stands against them";
        views.Notice(
            "reload",
            $"The delivery files were changed and refused; the last good ones stay in force. {string.Join("; ", problems)}{later}");
        LogRefused(string.Join("; ", problems));
        return problems;
    }

    private void Say(IEnumerable<Problem> warnings)
    {
        foreach (var warning in warnings) LogWarning(warning.ToString());
    }

    private void TellSlow()
    {
        views.Notice(Slow, $"{source.SlowWords} The last good files stay in force.");
        LogSlow(source.SlowWords);
    }

    private sealed record Held(Deliveries Delivered);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Warning}")]
    private partial void LogWarning(string warning);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Service}: {Version} served last and is not in the file. It serves on at its last "
        + "known endpoints ({Endpoints}): list it again, or publish another version and wait until that is good")]
    private partial void LogRetained(string service, string version, string endpoints);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What} The last good files stay in force")]
    private partial void LogSlow(string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{File} is a pipe and can be read only once: what it gave at the start stays in "
        + "force. Name a file to be able to change it")]
    private partial void LogReadOnce(string file);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "The delivery files are in force (services: {Services}, pipelines: {Pipelines})")]
    private partial void LogReloaded(int services, int pipelines);

    [LoggerMessage(Level = LogLevel.Error, Message = "The reload failed inside")]
    private partial void LogFault(Exception fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "Reload refused, the last good files stay in force: {Problems}")]
    private partial void LogRefused(string problems);
}

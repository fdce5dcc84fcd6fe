using System.Globalization;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Runtimes.Probes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Runtimes.Processes;

/// <summary>What all slots of a runtime share.</summary>
internal sealed record SlotShared(
    string Root, string Owner, string Boot, Func<TargetKey, ProcessSettings?> Settings, LoopbackPorts Ports, SlotProbe Probe,
    TimeProvider Clock, ILogger Log);

/// <summary>One slot: its record, its process, and what is done about it a few times a second.</summary>
internal sealed partial class ProcessSlot : IDisposable
{
    /// <summary>As many bad probes in a row make a slot that served unhealthy.</summary>
    private const int MostBadProbes = 3;

    private static readonly ProcessSettings Undeclared = new()
    {
        Command = CommandTemplate.Parse("-").Command!,
        ArtifactFolder = "/nonexistent",
    };

    private readonly SlotShared shared;
    private readonly TargetKey key;
    private readonly string name;
    private readonly SlotFiles files;
    private readonly SlotProcess process;
    private readonly SemaphoreSlim gate = new(1, 1);

    private SlotRecord? record;
    private bool isUnsaved;
    private SlotPhase phase;
    private string? why, logTrouble;
    private int failures, badProbes;
    private long startedAt, servedSince, probedAt, drainedSince;
    private (long Since, TimeSpan For)? pause;
    private volatile SlotStatus? status;

    public ProcessSlot(SlotShared shared, TargetKey key, string slot)
    {
        (this.shared, this.key, name) = (shared, key, slot);
        files = new SlotFiles(shared.Root, key, slot);
        process = new SlotProcess(files, shared.Owner, shared.Boot, shared.Clock);
    }

    /// <summary>How it stands, as it was seen last; null where nothing is in the slot.</summary>
    public SlotStatus? Status => status;

    public string? Warning => logTrouble;

    private ProcessSettings Settings => shared.Settings(key) ?? Undeclared;

    /// <summary>Finds again what an earlier daemon left.</summary>
    public async Task RecoverAsync(SlotRecord found, CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            record = found;
            shared.Ports.Claim(found.Port);
            await process.AdoptAsync(found, stop);
            startedAt = probedAt = servedSince = drainedSince = shared.Clock.GetTimestamp();
            phase = found.Wanted switch
            {
                Wanted.Stop => SlotPhase.Stopping,
                Wanted.Drain => SlotPhase.Draining,
                _ => SlotPhase.Starting,
            };
            if (process.Main is { } main)
            {
                LogAdopted(shared.Log, key, name, found.Version, main.Id, found.Port);
                if (found.Process != main.Id) Save(found with { Process = main.Id, Started = main.Started });
                if (found.Wanted != Wanted.Stop) await AdvanceAsync(stop);
            }
            else
            {
                why = "an earlier daemon had it started, and it does not run any more";
            }

            Publish();
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task<SlotStatus> EnsureAsync(RunnableBundle bundle, CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            if (record is { } other && (other.BundleId != bundle.Id || other.Wanted == Wanted.Stop)) await EndAsync(other, stop);
            if (record is null)
            {
                record = new SlotRecord(
                    SlotRecord.PresentFormat, key.Service, key.Environment, key.Target, name, bundle.Id, bundle.Version,
                    bundle.Artifact ?? "", Wanted.Run);
                (failures, badProbes, pause, logTrouble) = (0, 0, null, null);
                await BeginAsync(stop);
            }
            else if (record.Wanted == Wanted.Drain)
            {
                Save(record with { Wanted = Wanted.Run });
                phase = SlotPhase.Starting;
                if (process.Main is null) await BeginAsync(stop);
                else await ProbeAsync(stop);
            }
            else if (process.Main is null && phase == SlotPhase.Failed && failures == 0)
            {
                // It could not be started at all: what was wrong may have been mended.
                await BeginAsync(stop);
            }

            return Publish()!;
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task<SlotStatus?> DrainAsync(CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            if (record is { Wanted: Wanted.Run })
            {
                Save(record with { Wanted = Wanted.Drain });
                drainedSince = shared.Clock.GetTimestamp();
                phase = SlotPhase.Draining;
            }

            if (record is { Wanted: Wanted.Drain }) Drain();
            return Publish();
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task StopAsync(CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            if (record is { } present) await EndAsync(present, stop);
        }
        finally
        {
            Publish();
            gate.Release();
        }
    }

    /// <summary>Does what is due; at once where another call is at it.</summary>
    public async Task TickAsync(CancellationToken stop)
    {
        if (!await gate.WaitAsync(0, stop)) return;
        try
        {
            if (record is not { } present) return;
            RotateLog();
            if (isUnsaved) Save(present);
            if (present.Wanted == Wanted.Stop) await EndAsync(present, stop);
            else await AdvanceAsync(stop);
        }
        finally
        {
            Publish();
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();

    private async Task AdvanceAsync(CancellationToken stop)
    {
        if (process.FindEnd() is { } end) await NoteEndAsync(end, stop);
        if (record!.Wanted == Wanted.Drain) Drain();
        else if (process.Main is not null) await ProbeAsync(stop);
        else if (pause is not { } left || shared.Clock.GetElapsedTime(left.Since) >= left.For) await BeginAsync(stop);
    }

    private async Task BeginAsync(CancellationToken stop)
    {
        pause = null;
        if (!await process.EndAllAsync(TimeSpan.Zero, stop))
        {
            Fail($"processes of an earlier start cannot be ended, and two never run in one slot; look for them with: "
                + $"grep -l {SlotProcess.Variable}={process.Mark(0)[..^1]} /proc/[0-9]*/environ");
            return;
        }

        if (shared.Ports.Take(record!.Port) is not { } port)
        {
            Fail("there is no free port on 127.0.0.1");
            return;
        }

        record = record with
        {
            Start = record.Start + 1,
            Port = port,
            Boot = process.Boot,
            Process = 0,
            Started = 0,
            HasServed = false,
        };
        var (launch, problem) = Prepare(record);
        if (launch is null)
        {
            Refuse(problem!);
            return;
        }

        try
        {
            files.Save(record);
            problem = process.Start(launch, Log());
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Fail($"{record.Version} was not started: {fault.Message}");
            return;
        }

        if (process.Main is not { } main)
        {
            Refuse(problem!);
            return;
        }

        LogStarted(shared.Log, key, name, record.Version, main.Id, port);
        startedAt = probedAt = shared.Clock.GetTimestamp();
        (phase, why, badProbes) = (SlotPhase.Starting, "no probe has been good yet", 0);
        Save(record with { Process = main.Id, Started = main.Started });
    }

    private (Launch? Launch, string? Problem) Prepare(SlotRecord next)
    {
        if (shared.Settings(key) is not { } settings) return (null, $"no file says how {key.Name} is run");
        try
        {
            return Launch.Prepare(settings, next, process.Mark(next.Start));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return (null, $"{next.Version} is not started: {fault.Message}");
        }
    }

    private async Task NoteEndAsync(string end, CancellationToken stop)
    {
        var clock = shared.Clock;
        var wasStable = phase is SlotPhase.Serving or SlotPhase.Unhealthy && clock.GetElapsedTime(servedSince) >= Settings.StableAfter;
        if (wasStable) failures = 0;
        var text = $"{record!.Version} {end} {DurationText.Elapsed(clock.GetElapsedTime(startedAt))} after its start; "
            + $"its output is in {files.Log}";
        if (!await process.EndAllAsync(TimeSpan.Zero, stop)) text += "; processes that it forked cannot be ended";
        Fail(text);
    }

    private async Task ProbeAsync(CancellationToken stop)
    {
        var (clock, settings) = (shared.Clock, Settings);
        if (phase != SlotPhase.Starting && clock.GetElapsedTime(probedAt) < settings.Health.Interval) return;
        probedAt = clock.GetTimestamp();
        var fault = await shared.Probe.FindFaultAsync(Endpoint(), settings.Health, stop);
        if (fault is null && phase == SlotPhase.Starting && process.Listens(record!.Port) == false)
        {
            await GiveUpAsync($"port {Port} was taken by another program before {record.Version} listened on it", stop);
            return;
        }

        if (fault is null)
        {
            if (phase is SlotPhase.Starting) servedSince = clock.GetTimestamp();
            (phase, why, badProbes) = (SlotPhase.Serving, null, 0);
            if (!record!.HasServed) Save(record with { HasServed = true });
            return;
        }

        var asked = settings.Health.Path is { } path ? $"GET {path} on {Endpoint()}" : $"a connection to {Endpoint()}";
        if (record!.HasServed)
        {
            why = $"{record.Version}: {asked} {fault}";
            if (++badProbes >= MostBadProbes || phase == SlotPhase.Starting) phase = SlotPhase.Unhealthy;
        }
        else if (clock.GetElapsedTime(startedAt) >= settings.StartTimeout)
        {
            var cause = process.Listens(record.Port) == false
                ? $"it does not listen on port {Port}; does its command use {{port}}?"
                : $"{asked} {fault}";
            await GiveUpAsync(
                $"{record.Version} was not ready within {DurationText.Of(settings.StartTimeout)}: {cause} Its output is in {files.Log}",
                stop);
        }
        else
        {
            why = $"{record.Version} is not ready yet: {asked} {fault}";
        }
    }

    private async Task GiveUpAsync(string cause, CancellationToken stop)
    {
        Fail(await process.EndAllAsync(Settings.StopTimeout, stop) ? cause : $"{cause}; it cannot be ended");
    }

    private void Drain()
    {
        var limit = Settings.DrainTimeout;
        if (process.Main is null) (phase, why) = (SlotPhase.Drained, "its process has ended");
        else if (SocketTable.CountConnections(record!.Port) == 0) (phase, why) = (SlotPhase.Drained, "no connection is open");
        else if (shared.Clock.GetElapsedTime(drainedSince) >= limit)
            (phase, why) = (SlotPhase.Drained, $"connections were still open after {DurationText.Of(limit)}; they are cut by a stop");
        else if (phase != SlotPhase.Drained)
            (phase, why) = (SlotPhase.Draining, $"it waits up to {DurationText.Of(limit)} for connections that are open");
    }

    /// <summary>Saved first: whatever happens to this process, the next one goes on with it.</summary>
    private async Task EndAsync(SlotRecord present, CancellationToken stop)
    {
        if (present.Wanted != Wanted.Stop) Save(present with { Wanted = Wanted.Stop });
        (phase, why) = (SlotPhase.Stopping, "it is being stopped");
        Publish();
        if (!await process.EndAllAsync(Settings.StopTimeout, stop))
            throw new RuntimeUnavailableException(
                $"{key.Name}: processes of slot {name} do not end, not even by SIGKILL; they may wait for a disk. The stop is retried.");
        try
        {
            files.DeleteRecord();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RuntimeUnavailableException(
                $"{key.Name}: slot {name} is stopped, but {files.Record} cannot be deleted: {fault.Message}", fault);
        }

        shared.Ports.Release(present.Port);
        LogStopped(shared.Log, key, name, present.Version);
        (record, isUnsaved) = (null, false);
    }

    private void Fail(string cause)
    {
        failures++;
        var settings = Settings;
        var doubled = settings.FirstBackOff * Math.Pow(2, Math.Min(failures - 1, 30));
        pause = (shared.Clock.GetTimestamp(), doubled < settings.LongestBackOff ? doubled : settings.LongestBackOff);
        var isReported = failures >= settings.FailuresUntilReported;
        phase = isReported ? SlotPhase.Failed : SlotPhase.BackingOff;
        why = isReported ? $"{cause} ({NumberText.Count(failures)} failures in a row)" : cause;
        LogFailed(shared.Log, key, name, why, DurationText.Of(pause.Value.For));
    }

    /// <summary>Nothing was started, and nothing will be until somebody mends it.</summary>
    private void Refuse(string cause)
    {
        pause = (shared.Clock.GetTimestamp(), Settings.LongestBackOff);
        if (why != cause) LogFailed(shared.Log, key, name, cause, DurationText.Of(pause.Value.For));
        (phase, why, failures) = (SlotPhase.Failed, cause, 0);
    }

    /// <summary>In memory at once; on the disk now, or with the next tick where the disk refuses.</summary>
    private void Save(SlotRecord next)
    {
        record = next;
        try
        {
            files.Save(next);
            isUnsaved = false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            if (!isUnsaved) LogUnsaved(shared.Log, key, name, fault.Message);
            isUnsaved = true;
        }
    }

    private void RotateLog()
    {
        try
        {
            if (Log().Rotate() is { } trouble) logTrouble = $"{key.Name}, slot {name}: {trouble}";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            logTrouble = $"{key.Name}, slot {name}: the log {files.Log} cannot be rotated: {fault.Message}";
        }
    }

    private LogFile Log() => new(files.Log, Settings.LogBytes, Settings.LogFiles);

    private string Port => record!.Port.ToString(CultureInfo.InvariantCulture);

    private Uri Endpoint() => new($"http://127.0.0.1:{Port}");

    private SlotStatus? Publish()
    {
        if (record is not { } present) return status = null;
        var isDraining = present.Wanted == Wanted.Drain && process.Main is not null;
        return status = new SlotStatus(
            name, new RunnableBundle(present.BundleId, present.Version, present.Artifact), phase,
            process.Main is null ? [] : [Endpoint()], why)
        {
            Failures = failures,
            RetryAt = process.Main is null && pause is { } left
                ? shared.Clock.GetUtcNow() + left.For - shared.Clock.GetElapsedTime(left.Since)
                : null,
            Connections = isDraining ? SocketTable.CountConnections(present.Port) : null,
        };
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Target}: slot {Slot} runs {Version} as process {Process} on port {Port}")]
    private static partial void LogStarted(ILogger log, TargetKey target, string slot, string version, int process, int port);

    [LoggerMessage(
        Level = LogLevel.Information, Message = "{Target}: slot {Slot} still runs {Version} as process {Process} on port {Port}")]
    private static partial void LogAdopted(ILogger log, TargetKey target, string slot, string version, int process, int port);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Target}: slot {Slot} is stopped; it ran {Version}")]
    private static partial void LogStopped(ILogger log, TargetKey target, string slot, string version);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Target}: slot {Slot} does not run: {Why}. It is tried again in {Pause}")]
    private static partial void LogFailed(ILogger log, TargetKey target, string slot, string why, string pause);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "{Target}: what slot {Slot} runs could not be written down ({Why}); it is tried again at once")]
    private static partial void LogUnsaved(ILogger log, TargetKey target, string slot, string why);
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Runtimes.Probes;
using TrafficCtl.Adapters.Runtimes.Processes;
using TrafficCtl.Control.Files;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Runtimes;

/// <summary>Runs versions as processes of this machine, which outlive this one. Linux only.</summary>
/// <remarks>
/// One at a time for a directory: the caller owns it (<see cref="Storage.DataDirectory"/>). Disposing leaves everything running.
/// </remarks>
public sealed partial class ProcessRuntime : IRuntime, IAsyncDisposable
{
    /// <summary>Between SIGTERM and SIGKILL of what no record names.</summary>
    private static readonly TimeSpan OrphanPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<(TargetKey Key, string Slot), ProcessSlot> slots = new();
    private readonly ConcurrentDictionary<ProcessSlot, Task> ticks = new();
    private readonly CancellationTokenSource ending = new();
    private readonly SlotShared shared;
    private Task running = Task.CompletedTask;

    private ProcessRuntime(SlotShared shared) => this.shared = shared;

    public Abilities Abilities { get; } = Abilities.ProcessRuntime(OperatingSystem.IsLinux());

    /// <summary>Finds what an earlier daemon started, and ends what no record names.</summary>
    /// <param name="directory">For records, locks and logs; made where it is missing.</param>
    /// <param name="settings">How a target is run; null where no file says it any more: it runs on, and is not started again.</param>
    /// <exception cref="RuntimeUnavailableException">What runs is unknown: nothing is started, and nothing was ended.</exception>
    public static async Task<ProcessRuntime> OpenAsync(
        string directory, Func<TargetKey, ProcessSettings?> settings, TimeProvider clock, ILogger log, CancellationToken stop)
    {
        var probe = new SlotProbe(clock);
        if (!OperatingSystem.IsLinux())
            return new ProcessRuntime(new SlotShared(directory, "", "", settings, new LoopbackPorts(), probe, clock, log));
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            // As the system names the lock's file in /proc.
            var root = Libc.FindRealPath(directory) ?? throw new IOException($"{directory} is gone");
            var runtime = new ProcessRuntime(
                new SlotShared(root, Owner(root), ProcessTable.ReadBoot(), settings, new LoopbackPorts(), probe, clock, log));
            var records = SlotFiles.FindRecords(root).Select(Read).ToImmutableArray();
            foreach (var record in records)
            {
                var key = new TargetKey(record.Service, record.Environment, record.Target);
                await runtime.Slot(key, record.Slot).RecoverAsync(record, stop);
            }

            await runtime.EndOrphansAsync(stop);
            return runtime;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            probe.Dispose();
            throw new RuntimeUnavailableException($"What runs is unknown: {fault.Message}", fault);
        }
    }

    /// <summary>Looks after every slot a few times a second, until stopped.</summary>
    public Task RunAsync(CancellationToken stop) => running = LoopAsync(stop);

    public ValueTask<RuntimeStatus> ObserveAsync(TargetKey key, CancellationToken stop)
    {
        var found = slots.Where(s => s.Key.Key == key).OrderBy(static s => s.Key.Slot, StringComparer.Ordinal).Select(static s => s.Value);
        return ValueTask.FromResult(new RuntimeStatus([.. found.Select(static s => s.Status).OfType<SlotStatus>()])
        {
            Warnings = [.. found.Select(static s => s.Warning).OfType<string>()],
        });
    }

    public async ValueTask<SlotStatus> EnsureAsync(TargetKey key, string slot, RunnableBundle bundle, CancellationToken stop)
    {
        if (Abilities.LackOf(Ability.StartVersions) is { } lack)
            return new SlotStatus(slot, bundle, SlotPhase.Failed, [], $"{bundle.Version} is not started: {lack.Why}; {lack.Remedy}");
        return await Slot(key, slot).EnsureAsync(bundle, stop);
    }

    public async ValueTask<SlotStatus?> DrainAsync(TargetKey key, string slot, CancellationToken stop) =>
        slots.TryGetValue((key, slot), out var found) ? await found.DrainAsync(stop) : null;

    public async ValueTask StopAsync(TargetKey key, string slot, CancellationToken stop)
    {
        if (slots.TryGetValue((key, slot), out var found)) await found.StopAsync(stop);
    }

    /// <summary>Nothing is to run in any slot of the directory; returns when nothing does.</summary>
    /// <returns>How many slots had something in them.</returns>
    /// <exception cref="RuntimeUnavailableException">Something still runs, or that is unknown.</exception>
    public async Task<int> StopAllAsync(CancellationToken stop)
    {
        var busy = slots.Values.Where(static s => s.Status is not null).ToArray();
        await Task.WhenAll(busy.Select(slot => slot.StopAsync(stop)));
        return busy.Length;
    }

    public async ValueTask DisposeAsync()
    {
        if (ending.IsCancellationRequested) return;
        await ending.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(ticks.Values);
        foreach (var slot in slots.Values) slot.Dispose();
        shared.Probe.Dispose();
        ending.Dispose();
    }

    private async Task LoopAsync(CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, ending.Token);
        using var timer = new PeriodicTimer(Beat, shared.Clock);
        while (await timer.WaitForNextTickAsync(either.Token))
        {
            // One that waits for an end or an answer does not keep the others.
            foreach (var slot in slots.Values)
                if (!ticks.TryGetValue(slot, out var ticking) || ticking.IsCompleted) ticks[slot] = TickAsync(slot);
        }
    }

    private ProcessSlot Slot(TargetKey key, string slot) =>
        slots.GetOrAdd((key, slot), static (at, all) => new ProcessSlot(all, at.Key, at.Slot), shared);

    private async Task TickAsync(ProcessSlot slot)
    {
        try
        {
            await slot.TickAsync(ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The next daemon goes on with it.
        }
        catch (Exception fault)
        {
            LogTickFailed(shared.Log, fault);
        }
    }

    /// <summary>A crash between the end of a stop and that of its processes, or a record that was deleted by hand.</summary>
    private async Task EndOrphansAsync(CancellationToken stop)
    {
        var known = slots.Keys.Select(s => new SlotFiles(shared.Root, s.Key, s.Slot).Name).ToHashSet(StringComparer.Ordinal);
        var prefix = shared.Owner + ":";
        var orphans = ProcessTable.All().Select(static p => ProcessTable.FindVariable(p.Id, SlotProcess.Variable))
            .OfType<string>().Where(mark => mark.StartsWith(prefix, StringComparison.Ordinal))
            .Select(mark => mark[prefix.Length..].Split(':')[0]).Where(name => !known.Contains(name)).ToHashSet(StringComparer.Ordinal);
        foreach (var name in orphans)
        {
            LogOrphan(shared.Log, name);
            var process = new SlotProcess(SlotFiles.Named(shared.Root, name), shared.Owner, shared.Boot, shared.Clock);
            await process.EndAllAsync(OrphanPatience, stop);
        }
    }

    private static SlotRecord Read(string path)
    {
        try
        {
            return SlotRecord.Read(PlainFile.Read(path, SlotRecord.MostBytes) ?? throw new IOException($"{path} is gone"));
        }
        catch (Exception damaged) when (damaged is JsonException or InvalidDataException)
        {
            throw new RuntimeUnavailableException(
                $"The record {path} of a running version cannot be read: {damaged.Message}. Delete it to have its processes ended and the "
                + "version started anew.", damaged);
        }
    }

    /// <summary>Tells the processes of one data directory from those of another.</summary>
    private static string Owner(string root)
    {
        var path = Path.Combine(root, "owner");
        if (PlainFile.Read(path, 1024) is { Length: > 0 } known) return Encoding.UTF8.GetString(known).Trim();
        var made = RandomNumberGenerator.GetHexString(16, lowercase: true);
        using var file = PrivateFile.Open(path + ".tmp", FileMode.Create, FileAccess.Write, FileShare.None);
        file.Write(Encoding.UTF8.GetBytes(made));
        file.Flush(flushToDisk: true);
        File.Move(path + ".tmp", path, overwrite: true);
        return made;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Processes of slot {Slot} run, which no record names; they are ended")]
    private static partial void LogOrphan(ILogger log, string slot);

    [LoggerMessage(Level = LogLevel.Error, Message = "A process could not be looked after; it is tried again at once")]
    private static partial void LogTickFailed(ILogger log, Exception fault);
}

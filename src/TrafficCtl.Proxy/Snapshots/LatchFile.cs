using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Files;

namespace TrafficCtl.Proxy.Snapshots;

/// <summary><c>latch.json</c>: the latches of all services, in memory first and on the disk as soon as it lets us.</summary>
/// <remarks>
/// Its space is taken at start, so that a full disk keeps no latch from being written (<see cref="LatchText"/>). What it said
/// before may have been lost when it cannot be read then, or cannot be written: <see cref="Unknown"/>.
/// </remarks>
internal sealed partial class LatchFile(string directory, TimeProvider clock, ILogger log)
{
    /// <summary>How often space is asked for again where there was none.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private readonly string path = Path.Combine(directory, "latch.json");
    private readonly Lock gate = new();
    private readonly Lock writing = new();
    private ImmutableSortedDictionary<TargetKey, Latch> latches = ImmutableSortedDictionary<TargetKey, Latch>.Empty;
    private string? problem;

    // Owned by whoever holds the lock of writing.
    private readonly int[] filled = new int[2];
    private ImmutableSortedDictionary<TargetKey, Latch>? saved;
    private long sequence;
    private int slotBytes;
    private int services;
    private long? refusedAt;

    /// <summary>Why the file cannot be written now, and what follows; null when it can.</summary>
    public string? Problem => Volatile.Read(ref problem);

    /// <summary>Why it is unknown which latches an earlier process had closed; null when that is known.</summary>
    public string? Unknown { get; private set; }

    public Latch? Find(TargetKey key)
    {
        lock (gate) return latches.GetValueOrDefault(key);
    }

    /// <summary>What the file holds is what is in memory.</summary>
    public bool IsSaved
    {
        get
        {
            lock (gate) return ReferenceEquals(Volatile.Read(ref saved), latches);
        }
    }

    /// <summary>
    /// Reads the latches of an earlier process, and takes the space for those to come. Called once, before anything is served.
    /// </summary>
    public void Load()
    {
        lock (writing)
        {
            Read();
            // What could not be read is laid out anew with the latches that take its place, and not before.
            if (Unknown is not null || TryWrite(static file => file.LayOut())) return;
            Unknown = $"{path} cannot be written, so an earlier process may have had latches in memory only";
        }
    }

    /// <summary>Names the environments of latches that were saved before latches had one, as far as these specifications tell.</summary>
    public void Adopt(ImmutableArray<ServiceSpec> specs)
    {
        lock (gate)
        {
            foreach (var (unnamed, latch) in latches.Where(l => FormerKeys.IsOne(l.Key)).ToArray())
            {
                if (FormerKeys.Resolve(unnamed, latch.RolloutId, specs) is not { } key) continue;
                latches = latches.Remove(unnamed);
                if (!latches.ContainsKey(key)) latches = latches.SetItem(key, latch with { Key = key });
            }
        }
    }

    /// <summary>Takes space for a latch of each of so many services.</summary>
    public void Reserve(int count)
    {
        lock (writing)
        {
            services = count;
            if (slotBytes > 0 && slotBytes < LatchText.SlotFor(count, 0)) Grow();
        }
    }

    /// <summary>Keeps the latch in memory; <see cref="Save"/> makes it durable.</summary>
    public void Set(Latch latch)
    {
        lock (gate) latches = latches.SetItem(latch.Key, latch);
    }

    /// <summary>Puts what is left of a latch in its place, unless there is another one by now.</summary>
    public void Replace(Latch before, Latch? after)
    {
        lock (gate)
        {
            if (!latches.TryGetValue(before.Key, out var held) || held != before) return;
            latches = after is null ? latches.Remove(before.Key) : latches.SetItem(before.Key, after);
        }
    }

    /// <summary>
    /// Writes what changed since the last good write; a failure is reported, not thrown. The next tick writes what a write under way
    /// misses.
    /// </summary>
    public void Save()
    {
        // Waiting here would take one thread more each tick while a disk hangs.
        if (!writing.TryEnter()) return;
        try
        {
            var isChanged = !IsSaved;
            var isRoomMissing = slotBytes == 0 && (refusedAt is not { } at || clock.GetElapsedTime(at) >= Again);
            if (isChanged || isRoomMissing) TryWrite(static file => file.Write());
        }
        finally
        {
            writing.Exit();
        }
    }

    private void Read()
    {
        try
        {
            if (PlainFile.Read(path, LatchText.MostFile) is not { } bytes) return;
            (latches, sequence, slotBytes) = LatchText.Read(bytes);
        }
        catch (Exception fault) when (fault is JsonException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            var aside = StateFiles.MoveAside(path, clock.GetUtcNow(), ref problem);
            var what = fault is JsonException ? "could not be understood" : "could not be read";
            Unknown = $"{path} {what} ({fault.Message.TrimEnd('.')}){(aside == path ? "" : $" and lies at {aside} now")}";
            LogUnknown(path, what, fault.Message, aside);
        }
    }

    /// <summary>The room that there is holds many latches: not to get more of it is no reason to doubt them.</summary>
    private void Grow()
    {
        try
        {
            LayOut();
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            LogNotGrown(path, services, unwritable.Message);
        }
    }

    private bool TryWrite(Action<LatchFile> write)
    {
        try
        {
            write(this);
            refusedAt = null;
            Volatile.Write(ref problem, null);
            return true;
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            if (Problem is null) LogNotSaved(path, unwritable.Message);
            refusedAt = clock.GetTimestamp();
            Volatile.Write(
                ref problem,
                $"cannot write {path}: {unwritable.Message.TrimEnd('.')}; latches hold in memory only and a restart would lose them. "
                + "Free the disk or make the directory writable; it is retried every 250 ms");
            return false;
        }
    }

    /// <summary>Over what stands there; anew where it is gone, or of another length.</summary>
    private void Write()
    {
        var now = Latches;
        if (slotBytes == 0
            || !File.Exists(path)
            || LatchText.Slot(now.Values, sequence + 1, slotBytes, 0) is not { } first
            || !TryWriteOver(now, first))
        {
            slotBytes = 0;
            LayOut();
        }
    }

    private bool TryWriteOver(ImmutableSortedDictionary<TargetKey, Latch> now, byte[] first)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        if (!file.CanSeek) throw new IOException("it is no regular file");
        if (file.Length != 2L * slotBytes) return false;
        sequence++;
        // One after the other, each on the disk before the next: a cut leaves one of them whole.
        Put(file, first, 0);
        Put(file, LatchText.Slot(now.Values, sequence, slotBytes, 1)!, 1);
        Volatile.Write(ref saved, now);
        return true;
    }

    private void Put(FileStream file, byte[] text, int slot)
    {
        var bytes = new byte[Math.Max(text.Length, filled[slot])];
        bytes.AsSpan(text.Length).Fill((byte)' ');
        text.CopyTo(bytes, 0);
        filled[slot] = bytes.Length;
        RandomAccess.Write(file.SafeFileHandle, bytes, (long)slot * slotBytes);
        RandomAccess.FlushToDisk(file.SafeFileHandle);
        filled[slot] = text.Length;
    }

    /// <summary>
    /// The whole file: a sound one of this length over itself, for a full disk leaves no room for another; else a new one.
    /// </summary>
    private void LayOut()
    {
        var now = Latches;
        var wanted = LatchText.SlotFor(services, LatchText.Serialize(now.Values, sequence + 1, 0).Length);
        if (slotBytes >= wanted && File.Exists(path))
        {
            (filled[0], filled[1]) = (slotBytes - 1, slotBytes - 1);
            Write();
            return;
        }

        var file = LatchText.Whole(now.Values, sequence + 1, wanted)
            ?? throw new IOException($"{now.Count} latches take more than the {wanted} bytes that a slot may have");
        DurableFile.Replace(path, file);
        sequence++;
        slotBytes = wanted;
        (filled[0], filled[1]) = (wanted - 1, wanted - 1);
        Volatile.Write(ref saved, now);
    }

    private ImmutableSortedDictionary<TargetKey, Latch> Latches
    {
        get
        {
            lock (gate) return latches;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Path} {What} ({Why}); it is kept as {Aside}, and the rollouts that were under way get no request for their candidates")]
    private partial void LogUnknown(string path, string what, string why, string aside);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Path} could not be made larger for {Services} services ({Why}); its old space holds most of their latches")]
    private partial void LogNotGrown(string path, int services, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} cannot be written ({Why}); latches hold in memory, a restart would lose them")]
    private partial void LogNotSaved(string path, string why);
}

using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace TrafficCtl.Proxy.Routing;

/// <summary><c>latch.json</c>: the breaker's latches, in memory first and on the disk as soon as it lets us.</summary>
internal sealed partial class LatchFile(string directory, TimeProvider clock, ILogger log)
{
    private readonly string path = Path.Combine(directory, "latch.json");
    private readonly Lock gate = new();
    private readonly Lock writing = new();
    private ImmutableSortedDictionary<string, Latch> latches = ImmutableSortedDictionary.Create<string, Latch>(StringComparer.Ordinal);
    private ImmutableSortedDictionary<string, Latch>? saved;
    private string? problem;

    /// <summary>Why the last write failed, and what follows; null when it did not.</summary>
    public string? Problem => Volatile.Read(ref problem);

    public Latch? Find(string service)
    {
        lock (gate) return latches.GetValueOrDefault(service);
    }

    /// <summary>Reads the latches of an earlier life; a file that cannot be understood is moved aside.</summary>
    public void Load()
    {
        try
        {
            if (!File.Exists(path)) return;
            var document = JsonSerializer.Deserialize(File.ReadAllBytes(path), StateJson.Default.LatchDocument);
            if (document?.Version != LatchDocument.CurrentVersion)
                throw new JsonException($"version {document?.Version} is not {LatchDocument.CurrentVersion}");
            lock (gate)
            {
                foreach (var latch in document.Latches) latches = latches.SetItem(latch.Service, latch);
                saved = latches;
            }
        }
        catch (JsonException torn)
        {
            LogCorrupt(path, StateFiles.MoveAside(path, clock.GetUtcNow(), ref problem), torn.Message);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            Volatile.Write(ref problem, $"cannot read {path}: {unreadable.Message}; latches of an earlier life are not in force");
            LogUnreadable(path, unreadable.Message);
        }
    }

    /// <summary>Keeps the latch in memory; <see cref="Save"/> makes it durable.</summary>
    public void Set(Latch latch)
    {
        lock (gate) latches = latches.SetItem(latch.Service, latch);
    }

    /// <summary>Forgets the latch of a service unless it is another rollout's by now.</summary>
    public void Clear(string service, string rolloutId)
    {
        lock (gate)
        {
            if (latches.TryGetValue(service, out var held) && held.RolloutId == rolloutId) latches = latches.Remove(service);
        }
    }

    /// <summary>Writes what changed since the last good write; failing is told, not thrown. The next tick writes what a write under way misses.</summary>
    public void Save()
    {
        // Waiting here would take one thread more each tick while a disk hangs.
        if (!writing.TryEnter()) return;
        try
        {
            ImmutableSortedDictionary<string, Latch> now;
            lock (gate) now = latches;
            if (ReferenceEquals(now, saved) || (saved is null && now.IsEmpty)) return;
            try
            {
                var document = new LatchDocument(LatchDocument.CurrentVersion, [.. now.Values]);
                DurableFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(document, StateJson.Default.LatchDocument));
                saved = now;
                Volatile.Write(ref problem, null);
            }
            catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
            {
                if (Problem is null) LogNotSaved(path, unwritable.Message);
                Volatile.Write(ref problem, $"cannot write {path}: {unwritable.Message}; the breaker's latch holds in memory only and a restart would lose it. Free the disk or make the directory writable; it is tried again every 250 ms");
            }
        }
        finally
        {
            writing.Exit();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} cannot be understood ({Why}); it was moved to {Aside}, and latches of an earlier life are not in force")]
    private partial void LogCorrupt(string path, string aside, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} cannot be read ({Why}); latches of an earlier life are not in force")]
    private partial void LogUnreadable(string path, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} cannot be written ({Why}); the latch holds in memory, a restart would lose it")]
    private partial void LogNotSaved(string path, string why);
}

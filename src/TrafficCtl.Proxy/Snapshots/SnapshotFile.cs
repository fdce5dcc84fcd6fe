using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Files;
using TrafficCtl.Proxy.Files;

namespace TrafficCtl.Proxy.Snapshots;

/// <summary><c>snapshot.json</c>: what to serve when the process starts before its store, or without one.</summary>
internal sealed partial class SnapshotFile(string directory, TimeProvider clock, ILogger log)
{
    /// <summary>Routes that are written in no time: each change of one of them at once.</summary>
    public const int Small = 64;

    /// <summary>Between two writes of more of them.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Writes of withdrawn traffic that do not wait, between two calls of <see cref="SaveRest"/>.</summary>
    public const int MostAtOnce = 16;

    private readonly string path = Path.Combine(directory, "snapshot.json");
    private readonly Lock writing = new();
    private long savedVersion;
    private long wroteAt = long.MinValue;
    private int atOnce;
    private string? problem;

    /// <summary>Why the last write failed, and what follows; null when it did not.</summary>
    public string? Problem => Volatile.Read(ref problem);

    /// <summary>The saved routes; none when there is no file, or when it cannot be read – then it is moved aside.</summary>
    public ImmutableArray<LastRoute> Load()
    {
        try
        {
            if (PlainFile.Read(path, SnapshotDocument.MostBytes) is not { } bytes) return [];
            var document = JsonSerializer.Deserialize(bytes, StateJson.Default.SnapshotDocument) ?? throw new JsonException("it is null");
            return document.ToRoutes();
        }
        catch (Exception torn) when (torn is JsonException or InvalidDataException)
        {
            LogCorrupt(path, StateFiles.MoveAside(path, clock.GetUtcNow(), ref problem), torn.Message);
            return [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            Volatile.Write(ref problem, $"cannot read {path}: {unreadable.Message}; starting without the last routes");
            LogUnreadable(path, unreadable.Message);
            return [];
        }
    }

    /// <summary>Times that the file was written.</summary>
    internal int Writes { get; private set; }

    /// <summary>The file says what the book says.</summary>
    public bool IsSaved(KnownRoutes book) => book.Read().Version == Volatile.Read(ref savedVersion);

    /// <summary>
    /// As <see cref="Save"/>; but where there are many routes, soon after another save it is left to <see cref="SaveRest"/>.
    /// </summary>
    /// <remarks>
    /// In one round thousands of routes may change, each in a call of its own, and each save writes all of them. Traffic that is taken
    /// from a candidate does not wait: a process that is killed then would begin by giving it back. Of many such changes at once, as
    /// when something fails that all services share, the first are written so.
    /// </remarks>
    /// <param name="book">All routes.</param>
    /// <param name="isWithdrawn">The route that changed takes traffic from a candidate.</param>
    public void SaveSoon(KnownRoutes book, bool isWithdrawn)
    {
        var at = Volatile.Read(ref wroteAt);
        if (book.Routes.Count <= Small || at == long.MinValue || clock.GetElapsedTime(at) >= Pause
            || (isWithdrawn && Interlocked.Increment(ref atOnce) <= MostAtOnce)) Save(book);
    }

    /// <summary>Saves what <see cref="SaveSoon"/> left; nothing while another save is under way, for a disk may hang.</summary>
    public void SaveRest(KnownRoutes book)
    {
        Volatile.Write(ref atOnce, 0);
        if (!writing.TryEnter()) return;
        try
        {
            Save(book);
        }
        finally
        {
            writing.Exit();
        }
    }

    /// <summary>
    /// Saves the book when it changed since the last good save. A failure is reported, not thrown: traffic has moved already.
    /// </summary>
    public void Save(KnownRoutes book)
    {
        lock (writing)
        {
            var (routes, version) = book.Read();
            if (version == savedVersion) return;
            try
            {
                var document = new SnapshotDocument(SnapshotDocument.CurrentVersion, [.. routes.Values.Select(RouteDocument.Of)]);
                DurableFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(document, StateJson.Default.SnapshotDocument));
                Volatile.Write(ref savedVersion, version);
                Writes++;
                Volatile.Write(ref problem, null);
            }
            catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
            {
                if (Problem is null) LogNotSaved(path, unwritable.Message);
                Volatile.Write(ref problem, $"cannot write {path}: {unwritable.Message}; routes are in force, but a restart without the "
                    + $"store begins with older ones. Free the disk or make the directory writable; it is retried each round");
            }
            finally
            {
                Volatile.Write(ref wroteAt, clock.GetTimestamp());
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} cannot be understood ({Why}); it was moved to {Aside}, and services start "
        + "with their stable versions until the store is read")]
    private partial void LogCorrupt(string path, string aside, string why);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Path} cannot be read ({Why}); services start with their stable versions until the store is read")]
    private partial void LogUnreadable(string path, string why);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Path} cannot be written ({Why}); traffic moved, but a restart without the store begins with older routes")]
    private partial void LogNotSaved(string path, string why);
}

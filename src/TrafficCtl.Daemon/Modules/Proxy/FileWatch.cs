using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Control.Files;
using TrafficCtl.Daemon.Config;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>Tells that delivery files changed, by content: symlink swaps, editors' renames and copies alike.</summary>
/// <remarks>
/// Polled, because no notification covers mounted configuration; a change counts once it is seen twice, so that a file is not read half
/// written. Of thousands of files hardly one changes between two polls: what the system says did not change is not read again.
/// </remarks>
internal sealed class FileWatch
{
    /// <summary>A file that changed less long ago may change again within the same instant of its file system's clock.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(5);

    private readonly ImmutableArray<string> paths;
    private readonly TimeProvider clock;
    private Dictionary<string, Known> known = new(StringComparer.Ordinal);
    private string loaded;
    private string? pending;

    public FileWatch(ImmutableArray<string> paths, TimeProvider? clock = null)
    {
        (this.paths, this.clock) = (paths, clock ?? TimeProvider.System);
        loaded = Fingerprint();
    }

    /// <summary>Files that were read so far, each time that they were.</summary>
    internal long Reads { get; private set; }

    /// <summary>True once per change that has settled.</summary>
    public bool Poll()
    {
        var now = Fingerprint();
        if (now == loaded)
        {
            pending = null;
            return false;
        }

        if (now != pending)
        {
            pending = now;
            return false;
        }

        (loaded, pending) = (now, null);
        return true;
    }

    /// <summary>Names and contents; what cannot be read now counts by the reason why.</summary>
    private string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var next = new Dictionary<string, Known>(known.Count, StringComparer.Ordinal);
        try
        {
            foreach (var file in DeliveryFiles.Find(paths)) Append(hash, file, next);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(fault.Message));
        }

        known = next;
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private void Append(IncrementalHash hash, string file, Dictionary<string, Known> next)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(file));
        try
        {
            // What is no file cannot be looked at without taking from it, or waiting for it.
            var status = FileStatus.Of(file);
            if (status.Kind != FileKind.Regular)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(status.Kind.ToString()));
                return;
            }

            var content = known.TryGetValue(file, out var before) && before.Status == status ? before.Content : Read(file);
            hash.AppendData(content);
            if (status is { Identity: not null, ChangedAt: { } changed } && clock.GetUtcNow() - changed > Settled)
                next[file] = new Known(status, content);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(fault.GetType().Name));
        }
    }

    private byte[] Read(string file)
    {
        Reads++;
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[Math.Min(stream.Length, DeliveryFiles.MaxBytes + 1)];
        return SHA256.HashData(buffer.AsSpan(0, stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)));
    }

    /// <param name="Status">Before the content was read.</param>
    /// <param name="Content">Its hash.</param>
    private sealed record Known(FileStatus Status, byte[] Content);
}

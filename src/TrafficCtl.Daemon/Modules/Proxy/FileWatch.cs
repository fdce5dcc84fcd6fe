using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Control.Files;
using TrafficCtl.Daemon.Config;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>Tells that delivery files changed, by content: symlink swaps, editors' renames and copies alike.</summary>
/// <remarks>Polled, because no notification covers mounted configuration; a change counts once it is seen twice, so that a file is not read half written.</remarks>
internal sealed class FileWatch(ImmutableArray<string> paths)
{
    private string loaded = Fingerprint(paths);
    private string? pending;

    /// <summary>True once per change that has settled.</summary>
    public bool Poll()
    {
        var now = Fingerprint(paths);
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
    private static string Fingerprint(ImmutableArray<string> paths)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            foreach (var file in DeliveryFiles.Find(paths)) Append(hash, file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(fault.Message));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string file)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(file));
        try
        {
            // What is no file cannot be looked at without taking from it, or waiting for it.
            if (FileStatus.Of(file).Kind is var kind && kind != FileKind.Regular)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(kind.ToString()));
                return;
            }

            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var buffer = new byte[Math.Min(stream.Length, DeliveryFiles.MaxBytes + 1)];
            hash.AppendData(buffer.AsSpan(0, stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(fault.GetType().Name));
        }
    }
}

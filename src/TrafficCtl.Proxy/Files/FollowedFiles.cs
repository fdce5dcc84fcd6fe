using System.Collections.Immutable;
using System.Security.Cryptography;
using TrafficCtl.Control.Files;

namespace TrafficCtl.Proxy.Files;

/// <summary>What some files say, read again when they change. While they cannot be used, what they said before stays in force.</summary>
/// <remarks>
/// They are compared by content, so renames, copies and swapped links are all the same. A change counts once it was seen twice: a file is
/// not taken half written, nor a certificate before its key has followed.
/// </remarks>
public sealed class FollowedFiles<T>
    where T : class
{
    private readonly ImmutableArray<string> paths;
    private readonly Func<ImmutableArray<byte[]>, T> make;
    private readonly Func<string, string?> objection;
    private T current;
    private string judged;
    private string? pending, problem;

    /// <summary>Reads the files for the first time.</summary>
    /// <param name="paths">Read together, in this order.</param>
    /// <param name="make">Makes the value of their contents; throws <see cref="InvalidDataException"/> where it cannot.</param>
    /// <param name="objection">Why a file must not be used whatever it holds; null when nothing speaks against it.</param>
    /// <exception cref="InvalidDataException">A file cannot be read or used; the message says which and why.</exception>
    public FollowedFiles(ImmutableArray<string> paths, Func<ImmutableArray<byte[]>, T> make, Func<string, string?>? objection = null)
    {
        (this.paths, this.make, this.objection) = (paths, make, objection ?? (static _ => null));
        var read = Read();
        judged = read.Fingerprint;
        current = read.Contents is { IsDefault: false } contents ? make(contents) : throw new InvalidDataException(read.Problem);
    }

    /// <summary>The largest file that makes sense, in bytes.</summary>
    public const int MostBytes = 1024 * 1024;

    public T Current => Volatile.Read(ref current);

    /// <summary>Why the files as they are now are not in force; null when they are.</summary>
    public string? Problem => Volatile.Read(ref problem);

    /// <summary>Looks at the files. It may wait for a mount that hangs.</summary>
    /// <returns>True once per change that has settled: either it is in force, or <see cref="Problem"/> says why not.</returns>
    public bool Poll()
    {
        var read = Read();
        if (read.Fingerprint == judged)
        {
            pending = null;
            return false;
        }

        if (read.Fingerprint != pending)
        {
            pending = read.Fingerprint;
            return false;
        }

        (judged, pending) = (read.Fingerprint, null);
        try
        {
            if (read.Contents.IsDefault) throw new InvalidDataException(read.Problem);
            Volatile.Write(ref current, make(read.Contents));
            Volatile.Write(ref problem, null);
        }
        catch (InvalidDataException unusable)
        {
            Volatile.Write(ref problem, unusable.Message);
        }

        return true;
    }

    /// <summary>All contents with their fingerprint; of files that cannot be read, the reason is the fingerprint.</summary>
    private Reading Read()
    {
        var contents = ImmutableArray.CreateBuilder<byte[]>(paths.Length);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in paths)
        {
            if (ReadOne(path, out var bytes) is { } why) return new Reading(why, default, why);
            contents.Add(bytes);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return new Reading(Convert.ToHexString(hash.GetHashAndReset()), contents.MoveToImmutable(), "");
    }

    private string? ReadOne(string path, out byte[] bytes)
    {
        bytes = [];
        try
        {
            if (PlainFile.Read(path, MostBytes) is not { } read) return $"{path} is missing.";
            bytes = read;
            return objection(path);
        }
        catch (InvalidDataException odd)
        {
            return $"{path} {odd.Message}.";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"{path} cannot be read: {unreadable.Message}";
        }
    }

    private readonly record struct Reading(string Fingerprint, ImmutableArray<byte[]> Contents, string Problem);
}

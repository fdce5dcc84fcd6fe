using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Files;
using TrafficCtl.Proxy.Files;

namespace TrafficCtl.Proxy.Identity;

/// <summary>The keys that sign bucket cookies: the current one signs, the previous one is still believed.</summary>
/// <remarks>
/// Kept in <c>cookie-keys.json</c> of the data directory, mode 0600. Losing them costs users their bucket of the present
/// rollout, nothing else: so a file that cannot be understood is moved aside, and new keys are made. A key older than
/// <see cref="Lifetime"/> is replaced when the keys are opened.
/// </remarks>
internal sealed partial class CookieKeys
{
    private const int MostBytes = 4096;

    public const string FileName = "cookie-keys.json";
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private CookieKeys(byte[] current, byte[]? previous)
    {
        Current = current;
        All = previous is null ? [current] : [current, previous];
    }

    public byte[] Current { get; }

    /// <summary>The current one, and then the previous one where there is one.</summary>
    public ImmutableArray<byte[]> All { get; }

    /// <summary>Keys that live as long as the process.</summary>
    public static CookieKeys Ephemeral() => new(RandomNumberGenerator.GetBytes(SipHash.KeyBytes), null);

    /// <summary>Reads the keys, makes them where there are none or none that can be understood, and replaces one that is too old.</summary>
    /// <param name="directory">The data directory; it exists.</param>
    /// <param name="now">Decides whether the current key is too old.</param>
    /// <param name="log">Takes what was wrong with the file and mended.</param>
    /// <exception cref="InvalidDataException">The file can neither be read nor be moved aside; the message says what to do.</exception>
    public static CookieKeys Open(string directory, DateTimeOffset now, ILogger log)
    {
        var path = Path.Combine(directory, FileName);
        try
        {
            if (Read(path) is not { } read) return Save(path, new Document(NewKey(), null, now));
            Restrict(path, log);
            return now - read.Since >= Lifetime
                ? Save(path, new Document(NewKey(), read.Current, now))
                : new CookieKeys(read.Current, read.Previous);
        }
        catch (InvalidDataException broken)
        {
            LogBroken(log, path, broken.Message, MoveAside(path, broken, now));
            return Save(path, new Document(NewKey(), null, now));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"{path} cannot be used ({unreadable.Message}). Make it readable and its directory writable for user "
                    + $"{Environment.UserName}.", unreadable);
        }
    }

    private static byte[] NewKey() => RandomNumberGenerator.GetBytes(SipHash.KeyBytes);

    /// <summary>Null when there is no file.</summary>
    private static Document? Read(string path)
    {
        if (PlainFile.Read(path, MostBytes) is not { } bytes) return null;
        if (bytes.Length == 0) throw new InvalidDataException("is empty");
        try
        {
            var read = JsonSerializer.Deserialize(bytes, CookieKeysJson.Default.Document);
            // The serializer may write an absent array as an empty text.
            if (read is { Previous.Length: 0 }) read = read with { Previous = null };
            if (read is { Current.Length: SipHash.KeyBytes, Previous: null or { Length: SipHash.KeyBytes } }) return read;
            throw new InvalidDataException($"has no key \"current\" of {SipHash.KeyBytes} bytes, or a \"previous\" of another length");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException("is not a file of cookie keys", fault);
        }
    }

    private static string MoveAside(string path, InvalidDataException broken, DateTimeOffset now)
    {
        try
        {
            return DurableFile.MoveAside(path, now);
        }
        catch (Exception immovable) when (immovable is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"{path} {broken.Message}, and cannot be moved aside ({immovable.Message}). Restore it, or delete it: users without an "
                    + "identity then draw a new bucket once.",
                immovable);
        }
    }

    private static CookieKeys Save(string path, Document keys)
    {
        var beside = path + ".new";
        File.Delete(beside);
        using (var file = new FileStream(beside, OwnerOnly()))
        {
            JsonSerializer.Serialize(file, keys, CookieKeysJson.Default.Document);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
        return new CookieKeys(keys.Current, keys.Previous);
    }

    private static FileStreamOptions OwnerOnly()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }

    /// <summary>The file is this program's own, so its mode is put right; that others may have read it is said.</summary>
    private static void Restrict(string path, ILogger log)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        const UnixFileMode others = ~(owner | UnixFileMode.UserExecute);
        if (OperatingSystem.IsWindows() || File.GetUnixFileMode(path) is var found && found == owner) return;
        File.SetUnixFileMode(path, owner);
        if ((found & others) != UnixFileMode.None) LogOpen(log, path, Convert.ToString((int)found, 8));
    }

    internal sealed record Document(byte[] Current, byte[]? Previous, DateTimeOffset Since);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Path} {Why}: it was moved to {Aside} and new keys were made, so that users without an identity draw a new bucket once")]
    private static partial void LogBroken(ILogger log, string path, string why, string aside);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} was open to others (mode {Mode}) and is 0600 now. Whoever read it can "
        + "choose a bucket: delete it before the next start if that matters, users without an identity then draw a new one")]
    private static partial void LogOpen(ILogger log, string path, string mode);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(CookieKeys.Document))]
internal sealed partial class CookieKeysJson : JsonSerializerContext;

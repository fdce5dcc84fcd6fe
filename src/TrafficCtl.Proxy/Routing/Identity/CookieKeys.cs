using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TrafficCtl.Proxy.Routing.Identity;

/// <summary>The keys that sign bucket cookies: the current one signs, the previous one is still believed.</summary>
/// <remarks>
/// Kept in <c>cookie-keys.json</c> of the data directory, mode 0600. Losing them costs users their bucket of the present
/// rollout, nothing else. A key older than <see cref="Lifetime"/> is replaced when the keys are opened.
/// </remarks>
internal sealed class CookieKeys
{
    public const string FileName = "cookie-keys.json";
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    private CookieKeys(byte[] current, byte[]? previous)
    {
        Current = current;
        Previous = previous;
    }

    public byte[] Current { get; }

    public byte[]? Previous { get; }

    /// <summary>Keys that live as long as the process.</summary>
    public static CookieKeys Ephemeral() => new(RandomNumberGenerator.GetBytes(SipHash.KeyBytes), null);

    /// <summary>Reads the keys, makes them where there are none, and replaces one that is too old.</summary>
    /// <param name="directory">The data directory; it exists.</param>
    /// <param name="now">Decides whether the current key is too old.</param>
    /// <exception cref="InvalidDataException">The file is not a key file; the message says what to do.</exception>
    public static CookieKeys Open(string directory, DateTimeOffset now)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path)) return Save(path, new Document(NewKey(), null, now));
        var read = Read(path);
        if (now - read.Since >= Lifetime) return Save(path, new Document(NewKey(), read.Current, now));
        Restrict(path);
        return new CookieKeys(read.Current, read.Previous);
    }

    private static byte[] NewKey() => RandomNumberGenerator.GetBytes(SipHash.KeyBytes);

    private static Document Read(string path)
    {
        try
        {
            var read = JsonSerializer.Deserialize(File.ReadAllBytes(path), CookieKeysJson.Default.Document);
            // The serializer may write an absent array as an empty text.
            if (read is { Previous.Length: 0 }) read = read with { Previous = null };
            if (read is { Current.Length: SipHash.KeyBytes, Previous: null or { Length: SipHash.KeyBytes } }) return read;
        }
        catch (JsonException fault)
        {
            throw Broken(path, fault);
        }

        throw Broken(path, null);
    }

    private static InvalidDataException Broken(string path, Exception? fault) => new(
        $"{path} is not a file of two cookie keys. Restore it, or delete it: users without an identity then draw a new bucket once.", fault);

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

    private static void Restrict(string path)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != owner) File.SetUnixFileMode(path, owner);
    }

    internal sealed record Document(byte[] Current, byte[]? Previous, DateTimeOffset Since);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(CookieKeys.Document))]
internal sealed partial class CookieKeysJson : JsonSerializerContext;

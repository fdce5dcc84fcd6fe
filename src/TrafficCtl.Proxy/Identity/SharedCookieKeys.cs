using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Control.Files;
using TrafficCtl.Proxy.Files;

namespace TrafficCtl.Proxy.Identity;

/// <summary>Keys of bucket cookies that several proxies share by a file, so that all of them believe what one has signed.</summary>
/// <remarks>
/// One key a line, in base64 or hex, of at least 32 bytes; empty lines and those that begin with <c>#</c> are left out. The first one
/// signs and all are believed: a new key is added as the last one everywhere, then moved to the front, then the old one is taken out. No
/// key of the file signs itself: HKDF-SHA256 derives one for each environment and purpose. The file is followed.
/// </remarks>
internal sealed class SharedCookieKeys
{
    /// <summary>Bytes of a key, at least.</summary>
    public const int LeastBytes = 32;

    /// <summary>Each is tried for a cookie that is not believed.</summary>
    public const int MostKeys = 16;

    private const string Purpose = "trafficctl bucket-cookie v1 ";
    private readonly FollowedFiles<Ring> followed;

    /// <exception cref="InvalidDataException">The file cannot be read or used; the message says why, and what to do.</exception>
    public SharedCookieKeys(string path)
    {
        Path = path;
        try
        {
            followed = new FollowedFiles<Ring>([path], contents => new Ring(Parse(path, contents[0])), Objection);
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException(Refusal(fault.Message), fault);
        }
    }

    public string Path { get; }

    public int Count => followed.Current.Count;

    /// <summary>Why the file as it is now is not in force, and what to do; null when it is.</summary>
    public string? Problem => followed.Problem is { } why ? $"{Refusal(why)} The former keys stay in force." : null;

    /// <summary>The keys of an environment, the one that signs first.</summary>
    public ImmutableArray<byte[]> Of(string environment) => followed.Current.Of(environment);

    /// <summary>As <see cref="FollowedFiles{T}.Poll"/>.</summary>
    public bool Poll() => followed.Poll();

    private static string Refusal(string why) =>
        $"the cookie keys cannot be used: {why} Write one key a line, in base64 or hex, of at least {LeastBytes} bytes"
        + " (openssl rand -base64 32), into a file that its owner alone can read.";

    private static string? Objection(string path) => FileStatus.Of(path) is { IsOpenToOthers: true } found
        ? $"{path} can be read or written by every user of the machine (mode 0{Convert.ToString((int)found.Mode, 8)}): "
            + "chmod 600 it, or 640."
        : null;

    /// <summary>No message holds any part of a key.</summary>
    private static ImmutableArray<byte[]> Parse(string path, byte[] content)
    {
        var keys = ImmutableArray.CreateBuilder<byte[]>();
        var number = 0;
        foreach (var line in Encoding.Latin1.GetString(content).Split('\n'))
        {
            number++;
            var text = line.Trim();
            if (text.Length == 0 || text[0] == '#') continue;
            if (BytesOf(text) is not { } key) throw new InvalidDataException($"{path}: line {number} is neither base64 nor hex.");
            if (key.Length < LeastBytes) throw new InvalidDataException($"{path}: the key of line {number} has {key.Length} bytes.");
            keys.Add(key);
        }

        return keys.Count switch
        {
            0 => throw new InvalidDataException($"{path}: it holds no key."),
            > MostKeys => throw new InvalidDataException($"{path}: it holds {keys.Count} keys, and {MostKeys} are the most."),
            _ => keys.ToImmutable(),
        };
    }

    /// <summary>What is long enough and all hex digits is hex; everything else is base64 of either alphabet.</summary>
    private static byte[]? BytesOf(string text)
    {
        if (text.Length >= 2 * LeastBytes && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit)) return Convert.FromHexString(text);
        var bytes = new byte[text.Length];
        var encoded = text.Replace('+', '-').Replace('/', '_');
        return Base64Url.IsValid(encoded) && Base64Url.TryDecodeFromChars(encoded, bytes, out var length) ? bytes[..length] : null;
    }

    /// <summary>The keys of one state of the file, with those that were derived of them.</summary>
    private sealed class Ring(ImmutableArray<byte[]> masters)
    {
        private readonly ConcurrentDictionary<string, ImmutableArray<byte[]>> derived = new(StringComparer.Ordinal);

        public int Count => masters.Length;

        public ImmutableArray<byte[]> Of(string environment) =>
            derived.TryGetValue(environment, out var keys) ? keys : derived.GetOrAdd(environment, Derive);

        private ImmutableArray<byte[]> Derive(string environment)
        {
            var purpose = Encoding.UTF8.GetBytes(Purpose + environment);
            return [.. masters.Select(m => HKDF.DeriveKey(HashAlgorithmName.SHA256, m, SipHash.KeyBytes, info: purpose))];
        }
    }
}

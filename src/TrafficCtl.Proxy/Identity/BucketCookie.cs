using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Identity;

/// <summary>
/// The signed bucket of a user without an identity: <c>v1.&lt;rolloutId&gt;.&lt;bucket&gt;.&lt;tag&gt;</c>. It never holds an arm.
/// </summary>
/// <remarks>The tag is SipHash-2-4-128 of all before it, in base64url. Reading allocates nothing.</remarks>
/// <param name="keysOf">The keys of an environment: the first one signs, all are believed.</param>
internal sealed class BucketCookie(Func<string, ImmutableArray<byte[]>> keysOf)
{
    private const int MaxValueBytes = 256;

    /// <summary>With the same keys for every environment.</summary>
    public BucketCookie(CookieKeys keys)
        : this(_ => keys.All)
    {
    }

    /// <summary>
    /// The cookie's name for a target; characters that a cookie name may not hold become <c>-</c>. Browsers tell no ports apart, so
    /// environments on one host need names of their own; that of the default environment is as it was before there were others.
    /// </summary>
    public static string NameOf(TargetKey key)
    {
        var name = "tc_bucket_" + key.Service;
        if (key.Environment != ServiceSpec.DefaultEnvironment || !key.IsOfDefaultTarget) name += "_" + key.Environment;
        if (!key.IsOfDefaultTarget) name += "_" + key.Target;
        return Allowed(name);
    }

    /// <summary>The name that builds used which served one environment of a service; null where it is <see cref="NameOf"/>.</summary>
    public static string? FormerNameOf(TargetKey key)
    {
        var former = Allowed("tc_bucket_" + key.Service);
        return former == NameOf(key) ? null : former;
    }

    /// <summary>What stands before the bucket under one rollout; made once per route.</summary>
    public static string PrefixOf(string rolloutId) => $"v1.{rolloutId}.";

    /// <summary>The attribute that keeps a cookie so long; made once per route.</summary>
    public static string AgeOf(TimeSpan? age) => age is { } kept ? $"; Max-Age={(long)kept.TotalSeconds}" : "";

    /// <summary>The bucket, 0..9999, that a value was signed for; -1 for another rollout's, a forged or a malformed one.</summary>
    public int Read(ReadOnlySpan<char> value, ReadOnlySpan<char> prefix, string environment = ServiceSpec.DefaultEnvironment)
    {
        if (value.Length > MaxValueBytes || !value.StartsWith(prefix, StringComparison.Ordinal)) return -1;
        var rest = value[prefix.Length..];
        var dot = rest.IndexOf('.');
        if (dot is < 1 or > 4) return -1;
        if (!int.TryParse(rest[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var bucket) || bucket >= Weights.Total)
            return -1;

        Span<byte> given = stackalloc byte[SipHash.TagBytes];
        if (Base64Url.DecodeFromChars(rest[(dot + 1)..], given, out _, out var length) != OperationStatus.Done || length != given.Length)
            return -1;
        Span<byte> signed = stackalloc byte[MaxValueBytes];
        if (!Encoding.UTF8.TryGetBytes(value[..(prefix.Length + dot)], signed, out var written)) return -1;
        foreach (var key in keysOf(environment))
            if (Matches(key, signed[..written], given)) return bucket;
        return -1;
    }

    /// <summary>The value of the <c>Set-Cookie</c> header for a user who drew this bucket.</summary>
    public string Write(
        string name, string prefix, int bucket, bool secure, string age = "", string environment = ServiceSpec.DefaultEnvironment)
    {
        var signed = prefix + bucket.ToString(CultureInfo.InvariantCulture);
        Span<byte> tag = stackalloc byte[SipHash.TagBytes];
        SipHash.Tag(keysOf(environment)[0], Encoding.UTF8.GetBytes(signed), tag);
        return $"{name}={signed}.{Base64Url.EncodeToString(tag)}; Path=/; HttpOnly; SameSite=Lax{age}{(secure ? "; Secure" : "")}";
    }

    private static string Allowed(string name) => string.Create(name.Length, name, static (made, source) =>
    {
        for (var i = 0; i < made.Length; i++) made[i] = char.IsAsciiLetterOrDigit(source[i]) || source[i] is '_' or '.' ? source[i] : '-';
    });

    private static bool Matches(byte[] key, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> given)
    {
        Span<byte> tag = stackalloc byte[SipHash.TagBytes];
        SipHash.Tag(key, signed, tag);
        return CryptographicOperations.FixedTimeEquals(tag, given);
    }
}

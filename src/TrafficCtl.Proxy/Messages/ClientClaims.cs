using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Proxy.Messages;

/// <summary>What upstreams are told of the client: <c>X-Forwarded-*</c>, <c>X-Real-IP</c> and <c>Forwarded</c>.</summary>
/// <remarks>
/// What a client says of itself is replaced. Behind a trusted proxy what it says is continued: its address is appended to
/// <c>X-Forwarded-For</c> and, where it came, to <c>Forwarded</c> (RFC 7239); the others stay as it set them.
/// </remarks>
internal sealed class ClientClaims(ImmutableArray<IPNetwork> trusted)
{
    private const string For = "X-Forwarded-For", Host = "X-Forwarded-Host", Proto = "X-Forwarded-Proto";
    private const string RealIp = "X-Real-IP", Forwarded = "Forwarded", Prefix = "x-forwarded-";

    /// <summary>A proxy of ours: what it says of its client is believed.</summary>
    public bool Trusts(IPAddress? address)
    {
        if (address is null || trusted.IsEmpty) return false;
        var plain = Plain(address);
        foreach (var network in trusted)
            if (network.Contains(plain)) return true;
        return false;
    }

    /// <summary>One of these headers, in any spelling that a back-end may read: CGI takes <c>X_Forwarded_For</c> for it too.</summary>
    public static bool IsClaim(ReadOnlySpan<char> name) =>
        Begins(name, Prefix)
        || (name.Length == RealIp.Length && Begins(name, RealIp))
        || name.Equals(Forwarded, StringComparison.OrdinalIgnoreCase);

    /// <summary>What a trusted proxy says stays, except in spellings that no proxy uses.</summary>
    public static bool Stays(string name, bool isTrusted) => isTrusted && !name.Contains('_', StringComparison.Ordinal);

    /// <summary>Adds what this proxy knows.</summary>
    /// <param name="isTls">The listener's: what the request says of its scheme is a claim too.</param>
    public static void Write(HttpRequest request, HttpRequestHeaders headers, bool isTrusted, bool isTls)
    {
        var address = request.HttpContext.Connection.RemoteIpAddress is { } remote ? Plain(remote).ToString() : null;
        var scheme = isTls ? "https" : "http";
        if (address is not null)
        {
            Append(headers, For, address, isTrusted);
            if (!isTrusted || !headers.Contains(RealIp)) headers.TryAddWithoutValidation(RealIp, address);
        }

        if (request.Host.HasValue && (!isTrusted || !headers.Contains(Host))) headers.TryAddWithoutValidation(Host, request.Host.Value);
        if (!isTrusted || !headers.Contains(Proto)) headers.TryAddWithoutValidation(Proto, scheme);
        if (isTrusted && headers.Contains(Forwarded)) Append(headers, Forwarded, $"for={Node(address)};proto={scheme}", isTrusted);
    }

    private static void Append(HttpRequestHeaders headers, string name, string value, bool isTrusted)
    {
        if (isTrusted && headers.NonValidated.TryGetValues(name, out var before))
        {
            value = $"{string.Join(", ", before)}, {value}";
            headers.Remove(name);
        }

        headers.TryAddWithoutValidation(name, value);
    }

    /// <summary>RFC 7239 section 6: an IPv6 address stands in brackets and quotes.</summary>
    private static string Node(string? address) =>
        address is null ? "unknown" : address.Contains(':', StringComparison.Ordinal) ? $"\"[{address}]\"" : address;

    /// <summary>A dual-stack socket shows IPv4 as ::ffff:a.b.c.d.</summary>
    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool Begins(ReadOnlySpan<char> name, ReadOnlySpan<char> prefix)
    {
        if (name.Length < prefix.Length) return false;
        for (var i = 0; i < prefix.Length; i++)
        {
            var (a, b) = (name[i] == '_' ? '-' : char.ToLowerInvariant(name[i]), char.ToLowerInvariant(prefix[i]));
            if (a != b) return false;
        }

        return true;
    }
}

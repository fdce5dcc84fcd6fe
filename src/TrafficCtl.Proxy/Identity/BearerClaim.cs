using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace TrafficCtl.Proxy.Identity;

/// <summary>A claim of the bearer token's payload, read and not verified: it steers, and the upstream authorises.</summary>
internal static class BearerClaim
{
    private const string Scheme = "Bearer ";
    private const int MaxPayloadBytes = 16 * 1024;

    /// <summary>Writes the claim's text to <paramref name="into"/>; dots in <paramref name="path"/> descend into objects.</summary>
    /// <returns>The characters written; 0 when there is no such claim, no token, or no room.</returns>
    public static int Read(StringValues authorization, byte[][] path, Span<char> into)
    {
        if (authorization.Count != 1 || authorization[0] is not { } header) return 0;
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return 0;
        var token = header.AsSpan(Scheme.Length);
        var first = token.IndexOf('.');
        if (first < 0) return 0;
        var payload = token[(first + 1)..];
        var second = payload.IndexOf('.');
        if (second < 1 || second > MaxPayloadBytes) return 0;

        var json = ArrayPool<byte>.Shared.Rent(Base64Url.GetMaxDecodedLength(second));
        try
        {
            return Base64Url.DecodeFromChars(payload[..second], json, out _, out var length) == OperationStatus.Done
                ? Find(json.AsSpan(0, length), path, into)
                : 0;
        }
        // The second: a text that is no UTF-8, or half a surrogate pair.
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(json);
        }
    }

    /// <summary>The path <c>tenant.tier</c> as the JSON names to descend through.</summary>
    public static byte[][] PathOf(string claim) => [.. claim.Split('.').Select(Encoding.UTF8.GetBytes)];

    private static int Find(ReadOnlySpan<byte> json, byte[][] path, Span<char> into)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 32 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return 0;
        var depth = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var wanted = reader.ValueTextEquals(path[depth]);
            reader.Read();
            if (!wanted) reader.Skip();
            else if (depth == path.Length - 1) return Copy(ref reader, into);
            else if (reader.TokenType == JsonTokenType.StartObject) depth++;
            else return 0;
        }

        return 0;
    }

    private static int Copy(ref Utf8JsonReader reader, Span<char> into) => reader.TokenType switch
    {
        JsonTokenType.String when reader.ValueSpan.Length <= into.Length => reader.CopyString(into),
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False when reader.ValueSpan.Length <= into.Length =>
            Encoding.UTF8.GetChars(reader.ValueSpan, into),
        _ => 0,
    };
}

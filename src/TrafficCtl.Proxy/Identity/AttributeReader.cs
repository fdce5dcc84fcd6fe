using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Cohorts;

namespace TrafficCtl.Proxy.Identity;

/// <summary>Reads one property of a request, prepared once per specification so that a request pays for no lookup of how.</summary>
internal sealed class AttributeReader(RequestAttribute attribute)
{
    /// <summary>Room that a caller has to give for a value that is decoded; a longer claim counts as absent.</summary>
    public const int ScratchChars = 512;

    private readonly byte[][] claim = attribute.Source == AttributeSource.Claim ? BearerClaim.PathOf(attribute.Name) : [];

    /// <summary>The value, empty when absent; one that had to be decoded stands in <paramref name="scratch"/>.</summary>
    public ReadOnlySpan<char> Read(IHeaderDictionary headers, Span<char> scratch)
    {
        switch (attribute.Source)
        {
            case AttributeSource.Header:
                var values = headers[attribute.Name];
                return values.Count == 0 ? default : Decoded(values[0], scratch);
            case AttributeSource.Cookie:
                return Decoded(CookieHeader.Find(headers.Cookie, attribute.Name), scratch);
            case AttributeSource.Claim:
                return scratch[..BearerClaim.Read(headers.Authorization, claim, scratch)];
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>
    /// Headers are read a char a byte; a person's name or a cohort's value is UTF-8. Bytes that are not, or that have no room, stay as
    /// they are: such a user keeps an arm all the same.
    /// </summary>
    private static ReadOnlySpan<char> Decoded(ReadOnlySpan<char> value, Span<char> scratch)
    {
        if (Ascii.IsValid(value) || value.Length > scratch.Length) return value;
        Span<byte> bytes = stackalloc byte[ScratchChars];
        var length = Encoding.Latin1.GetBytes(value, bytes);
        return Utf8.ToUtf16(bytes[..length], scratch, out _, out var written, replaceInvalidSequences: false) == OperationStatus.Done
            ? scratch[..written]
            : value;
    }
}

using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Cohorts;

namespace TrafficCtl.Proxy.Routing.Identity;

/// <summary>Reads one property of a request, prepared once per specification so that a request pays for no lookup of how.</summary>
internal sealed class AttributeReader(RequestAttribute attribute)
{
    /// <summary>Room that a caller has to give for a claim; a longer one counts as absent.</summary>
    public const int ScratchChars = 512;

    private readonly byte[][] claim = attribute.Source == AttributeSource.Claim ? BearerClaim.PathOf(attribute.Name) : [];

    /// <summary>The value, empty when absent; a claim's text stands in <paramref name="scratch"/>.</summary>
    public ReadOnlySpan<char> Read(IHeaderDictionary headers, Span<char> scratch)
    {
        switch (attribute.Source)
        {
            case AttributeSource.Header:
                var values = headers[attribute.Name];
                return values.Count == 0 ? default : values[0];
            case AttributeSource.Cookie:
                return CookieHeader.Find(headers.Cookie, attribute.Name);
            case AttributeSource.Claim:
                return scratch[..BearerClaim.Read(headers.Authorization, claim, scratch)];
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}

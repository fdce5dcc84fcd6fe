using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using TrafficCtl.Core.Texts;

namespace TrafficCtl.Daemon.Access.Tls;

/// <summary>Whose a client certificate is: its SPIFFE id, else its common name.</summary>
internal static partial class CertificateNames
{
    private const string SpiffeScheme = "spiffe:", CommonName = "2.5.4.3", AlternativeNames = "2.5.29.17";

    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    public static bool IsSpiffe(string name) => name.StartsWith(SpiffeScheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>A SPIFFE id of a workload: a trust domain and a path.</summary>
    public static bool IsSpiffeId(string name) =>
        name.Length <= GrantSubject.LongestName && SpiffeId().IsMatch(name) && !name.Split('/').Any(static part => part is "." or "..");

    /// <summary>The name, or why there is none, to follow "its certificate".</summary>
    public static (string? Name, string? Problem) Of(X509Certificate2 certificate)
    {
        ImmutableArray<string> ids;
        try
        {
            ids = [.. UrisOf(certificate).Where(IsSpiffe)];
        }
        catch (AsnContentException)
        {
            return (null, "has alternative names that cannot be read");
        }

        return ids switch
        {
            [var id] => IsSpiffeId(id) ? (id, null) : (null, "has an alternative name that is no SPIFFE id of a workload"),
            [_, ..] => (null, $"has {ids.Length} SPIFFE ids: a certificate is one workload's"),
            _ => CommonNameOf(certificate),
        };
    }

    private static (string? Name, string? Problem) CommonNameOf(X509Certificate2 certificate)
    {
        var names = certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(static part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
            .Select(static part => part.GetSingleElementValue() ?? "").ToArray();
        return names switch
        {
            [{ Length: 0 or > GrantSubject.LongestName }] =>
                (null, $"has a common name that is empty or longer than {GrantSubject.LongestName}"),
            [var name] when !Printable.IsPrintable(name) => (null, "has a common name that cannot be printed"),
            [var name] when IsSpiffe(name) => (null, "has a SPIFFE id as its common name: it belongs into the alternative names"),
            [var name] => (name, null),
            [] => (null, "has neither a SPIFFE id nor a common name"),
            _ => (null, "has several common names"),
        };
    }

    private static List<string> UrisOf(X509Certificate2 certificate)
    {
        var uris = new List<string>();
        foreach (var extension in certificate.Extensions.Where(static e => e.Oid?.Value == AlternativeNames))
        {
            var names = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (names.HasData)
            {
                if (names.PeekTag().HasSameClassAndValue(UriTag))
                    uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, UriTag));
                else names.ReadEncodedValue();
            }
        }

        return uris;
    }

    [GeneratedRegex("^spiffe://[a-z0-9._-]{1,255}(?:/[A-Za-z0-9._-]+)+\\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SpiffeId();
}

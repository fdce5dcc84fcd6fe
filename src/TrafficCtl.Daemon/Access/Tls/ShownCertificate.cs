using System.Security.Cryptography.X509Certificates;
using TrafficCtl.Adapters.Tls;

namespace TrafficCtl.Daemon.Access.Tls;

/// <summary>
/// The certificate that a client showed when it connected. Connections are long: it is verified again when that may have changed.
/// </summary>
/// <param name="authorities">Those in force.</param>
/// <param name="certificate">A copy, as that of the connection goes with it.</param>
/// <param name="sent">What the client sent beside it.</param>
internal sealed class ShownCertificate(
    ClientAuthorities authorities, X509Certificate2 certificate, X509Certificate2Collection sent)
{
    private volatile Answer? last;

    /// <summary>Whose it is, or why it is refused, to follow "its certificate".</summary>
    public (string? Name, string? Refused) Verify(DateTimeOffset now)
    {
        var roots = authorities.Roots;
        var known = last;
        if (known is null || !ReferenceEquals(known.Roots, roots) || now >= known.Until || now < known.At)
            last = known = Ask(roots, now);
        return (known.Name, known.Refused);
    }

    private Answer Ask(X509Certificate2Collection roots, DateTimeOffset now)
    {
        var (whyNot, until) = RootTrust.OfClient(roots, certificate, sent, now);
        if (whyNot is not null) return new Answer(roots, now, now, null, whyNot);
        var (name, problem) = CertificateNames.Of(certificate);
        return new Answer(roots, now, until, name, problem);
    }

    private sealed record Answer(
        X509Certificate2Collection Roots, DateTimeOffset At, DateTimeOffset Until, string? Name, string? Refused);
}

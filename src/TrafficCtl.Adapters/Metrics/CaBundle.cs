using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using TrafficCtl.Adapters.Tls;

namespace TrafficCtl.Adapters.Metrics;

/// <summary>
/// Connections to a server that is trusted by the certificate authorities of a file alone; the file may be replaced
/// at any time.
/// </summary>
internal sealed class CaBundle : DelegatingHandler
{
    private readonly SmallFile file;
    private volatile Roots? known;
    private volatile string? refusal;

    /// <param name="path">Certificates in PEM.</param>
    /// <param name="connections">Whose server certificates are checked here.</param>
    public CaBundle(string path, SocketsHttpHandler connections)
        : base(connections)
    {
        file = new SmallFile(path);
        connections.SslOptions.RemoteCertificateValidationCallback = Trusts;
    }

    /// <exception cref="SmallFileException">There is no certificate in it.</exception>
    public static X509Certificate2Collection Parse(string text)
    {
        try
        {
            return RootTrust.Parse(text);
        }
        catch (InvalidDataException fault)
        {
            throw new SmallFileException(fault.Message, fault);
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError == HttpRequestError.SecureConnectionError && refusal is { } why)
        {
            throw new HttpRequestException(fault.HttpRequestError, fault.Message, new AuthenticationException(why, fault.InnerException));
        }
    }

    private async Task RefreshAsync(CancellationToken stop)
    {
        try
        {
            var text = await file.ReadAsync(stop);
            if (known?.Text != text) known = new Roots(text, Parse(text), null);
            else if (known.Trouble is not null) known = known with { Trouble = null };
        }
        catch (SmallFileException half) when (known is { } last)
        {
            // Half replaced: what was trusted still is, and a refusal says why there is nothing newer.
            known = last with { Trouble = half.Message };
        }
        catch (SmallFileException never)
        {
            throw new HttpRequestException($"the certificate authorities in {file.Path} cannot be used: {never.Message}", never);
        }
    }

    private bool Trusts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var (_, roots, trouble) = known!;
        var why = RootTrust.WhyNot(roots, certificate, chain, errors);
        var when = trouble is null ? "" : $" as they were last read ({trouble})";
        refusal = why is null ? null : $"its certificate {why}; trusted are the authorities in {file.Path}{when}";
        return why is null;
    }

    private sealed record Roots(string Text, X509Certificate2Collection Certificates, string? Trouble);
}

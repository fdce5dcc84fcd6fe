using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using TrafficCtl.Adapters.Tls;
using TrafficCtl.Kubernetes.Access;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>Connections to one server, under the credential of the moment: another client certificate means other connections.</summary>
internal sealed class KubeTransport(KubeAccess access) : IDisposable
{
    private const string Prefix = "Impersonate-";

    private readonly Lock gate = new();
    private (X509Certificate2? Certificate, HttpMessageInvoker Invoker)? current;
    private HttpMessageInvoker? retired;
    private bool disposed;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, KubeCredential credential, CancellationToken stop)
    {
        request.Headers.Authorization = credential.Header;
        // HttpClient takes the name in the handshake from here, and from nowhere else.
        if (access.TlsServerName is not null) request.Headers.Host = access.TlsServerName;
        Impersonate(request);
        return Invoker(credential).SendAsync(request, stop);
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            retired?.Dispose();
            current?.Invoker.Dispose();
        }
    }

    private HttpMessageInvoker Invoker(KubeCredential credential)
    {
        var certificate = credential.Certificate;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (current is { } live && live.Certificate?.Thumbprint == certificate?.Thumbprint) return live.Invoker;
            retired?.Dispose();
            retired = current?.Invoker; // Its calls may end; its watches are over at the change after this one, or by their timeout.
            var made = new HttpMessageInvoker(Handler(credential));
            current = (certificate, made);
            return made;
        }
    }

    private SocketsHttpHandler Handler(KubeCredential credential)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = access.DisablesCompression ? DecompressionMethods.None : DecompressionMethods.GZip,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2),
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            EnableMultipleHttp2Connections = true,
            ConnectCallback = ConnectAsync,
            RequestHeaderEncodingSelector = static (name, _) => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)
                ? new RepeatedHeader(name)
                : null,
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificateContext = credential.Certificate is { } certificate
                    ? SslStreamCertificateContext.Create(certificate, credential.Chain, offline: true)
                    : null,
                RemoteCertificateValidationCallback = Trusts,
            },
        };
        if (access.Proxy is not null) handler.Proxy = new WebProxy(access.Proxy);
        return handler;
    }

    /// <summary>Keep-alive of TCP notices a peer that is gone where HTTP/2 does not ping.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, stop);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private bool Trusts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (access.SkipsTlsVerification) return true;
        if (access.Authorities is null) return errors == SslPolicyErrors.None;
        return RootTrust.WhyNot(access.Authorities.Current, certificate, chain, errors) is null;
    }

    private void Impersonate(HttpRequestMessage request)
    {
        if (access.As is not { } other) return;
        request.Headers.Add(Prefix + "User", other.User);
        if (other.Uid is not null) request.Headers.Add(Prefix + "Uid", other.Uid);
        if (!other.Groups.IsEmpty) Repeat(request, Prefix + "Group", other.Groups);
        foreach (var (key, values) in other.Extra) Repeat(request, Prefix + "Extra-" + Uri.EscapeDataString(key), values);
    }

    private static void Repeat(HttpRequestMessage request, string name, ImmutableArray<string> values)
    {
        request.Headers.TryAddWithoutValidation(name, RepeatedHeader.Join(name, values));
        if (values.Length > 1) (request.Version, request.VersionPolicy) = (HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact);
    }
}

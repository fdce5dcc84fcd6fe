using System.Net.Sockets;

namespace TrafficCtl.Cli.Asking;

/// <summary>How a daemon is reached: TCP or its Unix socket, with TLS where the address has it.</summary>
internal sealed class AdminTransport : IDisposable
{
    private readonly AdminEndpoint endpoint;
    private volatile Greeting heard;

    /// <exception cref="CertificateFileException">Of a pass whose files cannot be used.</exception>
    public AdminTransport(AdminEndpoint endpoint, AdminPass pass)
    {
        this.endpoint = endpoint;
        Handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectCallback = ConnectAsync,
        };
        if (endpoint.IsSecure) AddCertificates(Handler, pass);
    }

    public SocketsHttpHandler Handler { get; }

    /// <summary>What the other end of the newest connection has begun with.</summary>
    public Greeting Heard => heard;

    public void Dispose() => Handler.Dispose();

    /// <summary>Apart: what it needs is loaded for <c>https://</c> alone.</summary>
    private static void AddCertificates(SocketsHttpHandler handler, AdminPass pass) => handler.SslOptions = Certificates.Of(pass);

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        heard = Greeting.NotConnected;
        var stream = await OpenAsync(context, stop);
        // Of TLS the protocol is agreed on before the first frame.
        heard = endpoint.IsSecure ? Greeting.Http2 : Greeting.Nothing;
        return endpoint.IsSecure ? stream : new GreetedStream(stream, greeting => heard = greeting);
    }

    private async Task<NetworkStream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken stop)
    {
        if (endpoint.Socket is { } path)
        {
            var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await local.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
                return new NetworkStream(local, ownsSocket: true);
            }
            catch (SocketException) when (endpoint.MayFallBack)
            {
                local.Dispose();
            }
            catch
            {
                local.Dispose();
                throw;
            }
        }

        var remote = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await remote.ConnectAsync(context.DnsEndPoint, stop);
            return new NetworkStream(remote, ownsSocket: true);
        }
        catch
        {
            remote.Dispose();
            throw;
        }
    }
}

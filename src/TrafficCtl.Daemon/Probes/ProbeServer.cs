using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Daemon.Probes;

/// <summary>
/// The second address: a server of its own that has nothing but <see cref="ProbeAnswers"/>, so that nothing else can
/// be reached by it.
/// </summary>
internal sealed class ProbeServer : IDisposable
{
    public const int MostConnections = 256;
    public const int MostLineBytes = 2 * 1024;
    public const int MostHeaderBytes = 16 * 1024;
    public const int MostHeaders = 64;

    /// <summary>From the first byte of a request to the end of its headers.</summary>
    public static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may be idle between two requests.</summary>
    public static readonly TimeSpan IdleFor = TimeSpan.FromSeconds(30);

    private readonly IPEndPoint wanted;
    private readonly ProbeAnswers answers;
    private readonly KestrelServer server;

    /// <param name="wanted">Port 0 asks for a free one.</param>
    /// <param name="answers">What is answered.</param>
    /// <param name="services">Kestrel's.</param>
    /// <param name="loggers">The loggers of the process.</param>
    public ProbeServer(IPEndPoint wanted, ProbeAnswers answers, IServiceProvider services, ILoggerFactory loggers)
    {
        (this.wanted, this.answers) = (wanted, answers);
        var options = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = MostConnections;
        options.Limits.MaxConcurrentUpgradedConnections = 0;
        options.Limits.MaxRequestBodySize = 0;
        options.Limits.MaxRequestLineSize = MostLineBytes;
        options.Limits.MaxRequestHeadersTotalSize = MostHeaderBytes;
        options.Limits.MaxRequestHeaderCount = MostHeaders;
        options.Limits.RequestHeadersTimeout = HeadersWithin;
        options.Limits.KeepAliveTimeout = IdleFor;
        options.Listen(wanted, static listen => listen.Protocols = HttpProtocols.Http1);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers);
        server = new KestrelServer(Options.Create(options), transport, loggers);
    }

    /// <summary>As bound.</summary>
    public Uri Address => new(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <exception cref="DaemonRefusedException">The address is in use, not of this machine, or not allowed.</exception>
    public async Task StartAsync(CancellationToken stop)
    {
        try
        {
            await server.StartAsync(answers, stop);
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            throw new DaemonRefusedException([$"the probes cannot listen on {wanted}: {WhyNot(fault)}"], fault);
        }
    }

    /// <summary>Closes the socket; what is being answered is cut when <paramref name="cut"/> fires.</summary>
    public Task StopAsync(CancellationToken cut) => server.StopAsync(cut);

    public void Dispose() => server.Dispose();

    private static string WhyNot(Exception fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }:
                    return "the port is in use. Name another one with --probes, or stop what listens there.";
                case SocketException { SocketErrorCode: SocketError.AccessDenied }:
                    return "not allowed. Ports below 1024 need CAP_NET_BIND_SERVICE; or name another one with --probes.";
                case SocketException { SocketErrorCode: SocketError.AddressNotAvailable }:
                    return "this machine does not have the address. Name one that it has with --probes, or :PORT for all.";
            }
        }

        return $"{fault.Message.TrimEnd('.')}. Name another address with --probes.";
    }
}

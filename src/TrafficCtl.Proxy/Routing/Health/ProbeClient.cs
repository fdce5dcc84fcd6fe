using System.Net;
using System.Net.Sockets;
using TrafficCtl.Core.Delivery;

namespace TrafficCtl.Proxy.Routing.Health;

/// <summary>One probe: a GET that is answered 2xx, or without a path a TCP connection that is accepted.</summary>
internal sealed class ProbeClient : IDisposable
{
    private readonly HttpMessageInvoker client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
    });

    public async Task<bool> IsGoodAsync(Uri endpoint, HealthSettings health, UpstreamProtocol protocol, TimeProvider clock, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(health.ProbeTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        try
        {
            return health.Path is { } path
                ? await IsAnsweredAsync(new Uri(endpoint, path), protocol, either.Token)
                : await IsAcceptedAsync(endpoint, either.Token);
        }
        // Whatever keeps a probe from being good, the next one is tried.
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<bool> IsAnsweredAsync(Uri address, UpstreamProtocol protocol, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.UserAgent.ParseAdd("trafficctl-probe");
        if (protocol == UpstreamProtocol.H2c) (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        using var answer = await client.SendAsync(request, stop);
        return answer.IsSuccessStatusCode;
    }

    private static async Task<bool> IsAcceptedAsync(Uri endpoint, CancellationToken stop)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint.IdnHost, endpoint.Port, stop);
        return true;
    }
}

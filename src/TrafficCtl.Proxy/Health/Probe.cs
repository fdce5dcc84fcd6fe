using System.Net;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Forwarding;

namespace TrafficCtl.Proxy.Health;

/// <summary>One probe: a GET that is answered 2xx, or without a path a connection that is accepted.</summary>
/// <remarks>
/// By the TLS settings of requests. Each asks for the addresses of the endpoint's name, so that requests follow a change within the
/// interval of probes.
/// </remarks>
internal static class Probe
{
    public static async Task<bool> IsGoodAsync(
        UpstreamClient client, Uri endpoint, HealthSettings health, UpstreamProtocol protocol, TimeProvider clock, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(health.ProbeTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        try
        {
            if (health.Path is { } path) return await IsAnsweredAsync(client, endpoint, path, protocol, either.Token);
            await client.TouchAsync(endpoint, either.Token);
            return true;
        }
        // Whatever keeps a probe from being good, the next one is tried.
        catch (Exception) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<bool> IsAnsweredAsync(
        UpstreamClient client, Uri endpoint, string path, UpstreamProtocol protocol, CancellationToken stop)
    {
        using var request = new HttpRequestMessage { Method = HttpMethod.Get };
        request.Headers.UserAgent.ParseAdd("trafficctl-probe");
        if (protocol == UpstreamProtocol.H2c)
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        using var answer = await client.ProbeAsync(request, endpoint, path, stop);
        return answer.IsSuccessStatusCode;
    }
}

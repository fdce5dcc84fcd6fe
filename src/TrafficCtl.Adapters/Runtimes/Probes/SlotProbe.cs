using System.Net;
using System.Net.Sockets;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Runtimes.Probes;

/// <summary>One probe of an endpoint: a GET that is answered 2xx, or without a path a connection that is accepted.</summary>
/// <remarks>Each has a connection of its own, so that a drain does not wait for one of them.</remarks>
internal sealed class SlotProbe(TimeProvider clock) : IDisposable
{
    private readonly HttpMessageInvoker client = new(
        new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false });

    /// <returns>Null when it is good; else what was wrong, to follow the probe's name.</returns>
    public async Task<string?> FindFaultAsync(Uri endpoint, HealthSettings health, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(health.ProbeTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        try
        {
            if (health.Path is null)
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(endpoint.Host, endpoint.Port, either.Token);
                return null;
            }

            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint, health.Path));
            request.Headers.ConnectionClose = true;
            request.Headers.UserAgent.ParseAdd("trafficctl-probe");
            using var answer = await client.SendAsync(request, either.Token);
            return answer.StatusCode is >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices
                ? null
                : $"answered {(int)answer.StatusCode}";
        }
        catch (Exception) when (late.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return $"did not answer within {Core.Formatting.DurationText.Of(health.ProbeTimeout)}";
        }
        catch (Exception fault) when (fault is HttpRequestException or SocketException or IOException)
        {
            return $"failed: {fault.GetBaseException().Message}";
        }
    }

    public void Dispose() => client.Dispose();
}

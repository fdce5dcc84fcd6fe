using System.Net;
using System.Net.Sockets;

namespace TrafficCtl.ProxyLoad;

internal static class Ports
{
    /// <summary>A port that nobody holds now.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Returns when the address answers with success.</summary>
    public static async Task AnswersAsync(HttpClient client, Uri address, Child child, TimeSpan patience, CancellationToken stop)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(patience);
        try
        {
            while (!await IsAnsweredAsync(client, address, late.Token))
            {
                if (child.HasExited) throw new InvalidOperationException($"{child.Name} ended early: {child.LastLines}");
                await Task.Delay(5, late.Token);
            }
        }
        catch (OperationCanceledException fault) when (!stop.IsCancellationRequested)
        {
            throw new InvalidOperationException($"{child.Name} does not answer on {address}: {child.LastLines}", fault);
        }
    }

    private static async Task<bool> IsAnsweredAsync(HttpClient client, Uri address, CancellationToken stop)
    {
        try
        {
            using var answer = await client.GetAsync(address, stop);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // nobody listens yet
        }
    }
}

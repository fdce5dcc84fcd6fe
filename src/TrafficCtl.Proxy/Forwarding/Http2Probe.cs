using System.Net.Sockets;
using TrafficCtl.Proxy.Upstreams;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>Begins HTTP/2 with prior knowledge and looks at the first frame, which is SETTINGS where it is spoken (RFC 9113 3.4).</summary>
internal static class Http2Probe
{
    private const int FrameHeader = 9, TypeAt = 3;
    private const byte Settings = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly byte[] Preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, Settings, 0, 0, 0, 0, 0];

    /// <returns>Null when the endpoint cannot be reached, does not answer in time, or closes without a byte: then it is unknown.</returns>
    public static async Task<bool?> IsSpokenAsync(Uri endpoint, UpstreamConnector connector, TimeProvider clock)
    {
        using var late = new CancellationTokenSource(Patience, clock);
        try
        {
            var answer = await connector.ResolveAsync(endpoint.IdnHost, late.Token);
            await using var connection = await UpstreamConnector.ConnectAsync(endpoint.IdnHost, endpoint.Port, answer, late.Token);
            await connection.WriteAsync(Preface, late.Token);
            var frame = new byte[FrameHeader];
            var read = await connection.ReadAtLeastAsync(frame, frame.Length, throwOnEndOfStream: false, late.Token);
            return read == 0 ? null : read == frame.Length && frame[TypeAt] == Settings;
        }
        catch (Exception fault) when (fault is SocketException or IOException or OperationCanceledException)
        {
            // Unknown: the request is sent, and its outcome counts.
            return null;
        }
    }
}

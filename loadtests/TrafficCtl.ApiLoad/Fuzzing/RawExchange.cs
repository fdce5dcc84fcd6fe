using System.Net.Sockets;

namespace TrafficCtl.ApiLoad.Fuzzing;

/// <summary>One connection: bytes out, whatever comes back, and the end.</summary>
internal static class RawExchange
{
    /// <summary>When so long nothing came, the input is over: what was incomplete stays so, and the other end must close.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    private const int Most = 256 * 1024;

    /// <summary>The first bytes of the answer, and whether the connection ended within the bound.</summary>
    public static async Task<(byte[] Answer, bool Ended)> RunAsync(Uri admin, byte[] input, TimeSpan bound)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        // A reset at the end: two hundred thousand connections would else leave no port free.
        socket.LingerState = new LingerOption(true, 0);
        using var end = new CancellationTokenSource(bound);
        var (answer, buffer, isShut) = (new List<byte>(), new byte[16 * 1024], false);
        try
        {
            await socket.ConnectAsync(admin.Host, admin.Port, end.Token);
            await socket.SendAsync(input, SocketFlags.None, end.Token);
            while (answer.Count < Most)
            {
                var receiving = socket.ReceiveAsync(buffer, SocketFlags.None, end.Token).AsTask();
                if (!isShut && await Task.WhenAny(receiving, Task.Delay(Quiet, end.Token)) != receiving)
                {
                    socket.Shutdown(SocketShutdown.Send);
                    isShut = true;
                }

                var read = await receiving;
                if (read == 0) break;
                answer.AddRange(buffer.AsSpan(0, read));
            }
        }
        catch (SocketException)
        {
            // Reset: it has ended.
        }
        catch (OperationCanceledException)
        {
            return ([.. answer], false);
        }

        return ([.. answer], true);
    }
}

using System.Net;
using System.Net.Sockets;

namespace TrafficCtl.TestKit;

/// <summary>A server that does to each connection what no proper server would.</summary>
public sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;

    /// <param name="script">Is given each connection; the connection is closed when it returns.</param>
    public RawUpstream(Func<Socket, CancellationToken, Task> script)
    {
        listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        accepting = AcceptAsync(script);
    }

    public Uri Address { get; }

    /// <summary>Reads what comes and never answers.</summary>
    public static RawUpstream Hanging() => new((_, stop) => Hang.UntilAsync(stop));

    /// <summary>Resets the connection when the first bytes are there.</summary>
    public static RawUpstream Resetting() => new(async (socket, stop) =>
    {
        await socket.ReceiveAsync(new byte[4096], stop);
        socket.LingerState = new LingerOption(true, 0);
    });

    /// <summary>Answers each request's first bytes with this text.</summary>
    public static RawUpstream Answering(string text) => new(async (socket, stop) =>
    {
        await socket.ReceiveAsync(new byte[4096], stop);
        await socket.SendAsync(System.Text.Encoding.Latin1.GetBytes(text), stop);
        socket.Shutdown(SocketShutdown.Send);
        while (await socket.ReceiveAsync(new byte[4096], stop) > 0)
        {
        }
    });

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync(Func<Socket, CancellationToken, Task> script)
    {
        var serving = new List<Task>();
        try
        {
            while (true) serving.Add(ServeAsync(await listener.AcceptSocketAsync(stop.Token), script));
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket, Func<Socket, CancellationToken, Task> script)
    {
        using (socket)
        {
            try
            {
                await script(socket, stop.Token);
            }
            catch (Exception fault) when (fault is OperationCanceledException or SocketException)
            {
                // The peer left, or the test is over.
            }
        }
    }
}

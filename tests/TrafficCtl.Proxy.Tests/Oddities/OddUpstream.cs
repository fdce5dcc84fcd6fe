using System.Globalization;
using System.Net.Sockets;
using System.Text;
using TrafficCtl.TestKit;

namespace TrafficCtl.Proxy.Tests.Oddities;

/// <summary>An upstream that records each request as bytes, gives the answer that it is told, and closes.</summary>
internal sealed class OddUpstream : IAsyncDisposable
{
    private readonly RawUpstream server;
    private readonly List<string> seen = [];
    private volatile string answer = "";
    private int answering;

    public OddUpstream() => server = new RawUpstream(ServeAsync);

    public Uri Address => server.Address;

    /// <summary>Forgets what was seen, and answers so from now on.</summary>
    public void Begin(string answer)
    {
        lock (seen) seen.Clear();
        this.answer = answer;
    }

    /// <summary>Waits until each connection that got an answer is closed: no later request may be sent on it.</summary>
    public Task ClosedAsync() => Eventually.TrueAsync(() => Volatile.Read(ref answering) == 0, "the upstream closes what it answered");

    /// <summary>Heads and bodies of the requests so far; a body by chunks is decoded.</summary>
    public string[] Seen()
    {
        lock (seen) return [.. seen];
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task ServeAsync(Socket socket, CancellationToken stop)
    {
        var buffer = new byte[64 * 1024];
        var text = new StringBuilder();
        while (Complete(text.ToString()) is null)
        {
            var read = await socket.ReceiveAsync(buffer, stop);
            if (read == 0) return;
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        lock (seen) seen.Add(Complete(text.ToString())!);
        Interlocked.Increment(ref answering);
        try
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes(answer), stop);
            socket.Shutdown(SocketShutdown.Send);
        }
        finally
        {
            Interlocked.Decrement(ref answering);
        }

        while (await socket.ReceiveAsync(buffer, stop) > 0)
        {
        }
    }

    private static string? Complete(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) return null;
        var (head, body) = (text[..end], text[(end + 4)..]);
        if (Field(head, "Transfer-Encoding") is not null) return Dechunked(body) is { } whole ? $"{head}\r\n\r\n{whole}" : null;
        return body.Length >= int.Parse(Field(head, "Content-Length") ?? "0", CultureInfo.InvariantCulture) ? text : null;
    }

    internal static string? Field(string head, string name)
    {
        var values = head.Split("\r\n").Skip(1)
            .Where(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            .Select(l => l[(name.Length + 1)..].Trim(' ', '\t')).ToArray();
        return values.Length == 0 ? null : string.Join(" + ", values);
    }

    private static string? Dechunked(string body)
    {
        var whole = new StringBuilder();
        while (true)
        {
            var line = body.IndexOf("\r\n", StringComparison.Ordinal);
            if (line < 0) return null;
            var size = int.Parse(body[..line].Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0) return body.EndsWith("\r\n\r\n", StringComparison.Ordinal) ? whole.ToString() : null;
            if (body.Length < line + 2 + size + 2) return null;
            whole.Append(body, line + 2, size);
            body = body[(line + 2 + size + 2)..];
        }
    }
}

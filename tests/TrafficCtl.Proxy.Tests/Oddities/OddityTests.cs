using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Oddities;

/// <summary>The same bytes through nginx and through our proxy: the same outcome, or a reason.</summary>
public sealed partial class OddityTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Each_oddity_ends_as_with_nginx_or_has_a_reason_not_to()
    {
        Assert.SkipUnless(Nginx.IsInstalled, "nginx is not installed (Debian: nginx-light)");
        await using var upstream = new OddUpstream();
        await using var nginx = await Nginx.StartAsync(upstream.Address);
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        var unexplained = new List<string>();
        foreach (var oddity in OddityTable.All)
        {
            var theirs = await OutcomeAsync(oddity, upstream, nginx.Port);
            var ours = await OutcomeAsync(oddity, upstream, proxy.Address.Port);
            var line = ours == theirs
                ? $"same       {oddity.Name}: {ours}"
                : $"{(oddity.Why is null ? "DIFFERENT" : "explained")}  {oddity.Name}: {ours}; nginx: {theirs}; {oddity.Why}";
            output.WriteLine(line);
            if (ours != theirs && oddity.Why is null) unexplained.Add(line);
        }

        Assert.True(OddityTable.All.Length >= 100, $"{OddityTable.All.Length} rows");
        Assert.True(unexplained.Count == 0, string.Join('\n', unexplained));
    }

    /// <summary>The statuses and body that the client got, and what the upstream was asked.</summary>
    private static async Task<string> OutcomeAsync(Oddity oddity, OddUpstream upstream, int port)
    {
        upstream.Begin(oddity.Answer);
        var answer = await AskAsync(oddity.Request, port);
        await upstream.ClosedAsync();
        var statuses = StatusLine().Matches(answer).Select(m => int.Parse(m.Groups["status"].ValueSpan)).ToArray();
        // A refusal's page is each proxy's own.
        var body = statuses is [.., < 400] or [.., 418 or 599 or 999] ? Body(answer) : "";
        var head = answer.Split("\r\n\r\n")[0];
        var returned = string.Concat(oddity.Returned.Select(name => $" {name}={OddUpstream.Field(head, name) ?? "-"}"));
        var client = statuses.Length == 0 ? "closed" : $"{string.Join(',', statuses)}{(body.Length > 0 ? $" \"{body}\"" : "")}{returned}";
        var asked = upstream.Seen().Select(s => Asked(s, oddity.Shown)).ToArray();
        return asked.Length == 0 ? client : $"{client} <- {string.Join(" | ", asked)}";
    }

    private static string Asked(string request, string[] shown)
    {
        var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var (head, body) = (request[..end], request[(end + 4)..]);
        var line = head.Split("\r\n")[0].Split(' ');
        var fields = string.Concat(shown.Select(name => $" {name}={Short(OddUpstream.Field(head, name) ?? "-")}"));
        return $"{line[0]} {Short(string.Join(' ', line[1..^1]))}{fields}{(body.Length > 0 ? $" \"{body}\"" : "")}";
    }

    private static string Body(string answer)
    {
        var end = answer.LastIndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (answer.Contains("chunked", StringComparison.OrdinalIgnoreCase))
            return string.Join("", Chunk().Matches(answer).Select(m => m.Groups["data"].Value));
        return end < 0 ? "" : answer[(end + 4)..];
    }

    private static string Short(string text) => text.Length > 60 ? $"{text[..20]}... ({text.Length})" : text;

    private static async Task<string> AskAsync(string request, int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var late = new CancellationTokenSource(Patience);
        await socket.ConnectAsync("127.0.0.1", port, late.Token);
        var all = new StringBuilder();
        var buffer = new byte[64 * 1024];
        try
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes(request), late.Token);
            while (await socket.ReceiveAsync(buffer, late.Token) is var read and > 0)
                all.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // Closed while it was written to: what came before counts.
        }
        catch (OperationCanceledException)
        {
            return all + " (open)";
        }

        return all.ToString();
    }

    [GeneratedRegex(@"HTTP/1\.[01] (?<status>\d{2,3})", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex StatusLine();

    [GeneratedRegex(@"\r\n[0-9a-fA-F]+\r\n(?<data>[^\r\n]+)(?=\r\n)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Chunk();
}

using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Texts;

namespace TrafficCtl.Adapters.Gates;

/// <summary>
/// Asks an address as a verification. It reaches no private address that nobody allowed, and follows nobody to another host.
/// </summary>
internal sealed class AddressAsker(ImmutableArray<IPNetwork> allowed, TimeProvider clock)
{
    private const int MostRedirects = 5, MostBytes = 64 * 1024, Shown = 200;

    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public async Task<GateAnswer> AskAsync(Verification.Fetch check, TimeSpan timeout, VerifyFacts facts, CancellationToken stop)
    {
        if (!Uri.TryCreate(facts.Fill(check.Address), UriKind.Absolute, out var address))
            return new GateAnswer.Errored($"{check.Address} is no address once it is filled in");
        using var limit = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        using var http = new HttpMessageInvoker(HandlerFor(check));
        try
        {
            return await FollowAsync(http, address, either.Token);
        }
        catch (Exception) when (!stop.IsCancellationRequested && limit.IsCancellationRequested)
        {
            return new GateAnswer.Errored($"{Told(address)} has not answered within {DurationText.Of(timeout)}");
        }
        catch (HttpRequestException fault)
        {
            return new GateAnswer.Errored($"{Told(address)} cannot be asked: {(fault.InnerException ?? fault).Message}");
        }
        catch (IOException fault)
        {
            return new GateAnswer.Errored($"{Told(address)} broke its answer off: {fault.Message}");
        }
    }

    private static async Task<GateAnswer> FollowAsync(HttpMessageInvoker http, Uri address, CancellationToken stop)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.UserAgent.ParseAdd("trafficctl");
            using var answer = await http.SendAsync(request, stop);
            var status = (int)answer.StatusCode;
            if (status is 301 or 302 or 303 or 307 or 308 && answer.Headers.Location is { } location)
            {
                var next = new Uri(address, location);
                if (next.Scheme is not ("http" or "https") || !next.Host.Equals(address.Host, StringComparison.OrdinalIgnoreCase))
                    return new GateAnswer.Errored(
                        $"{Told(address)} sends to another host, {next.Host}: name the address that answers, nobody is followed there");
                if (redirects == MostRedirects) return new GateAnswer.Errored($"{Told(address)} was redirected {MostRedirects} times");
                address = next;
                continue;
            }

            var said = await SayAsync(answer.Content, stop);
            var words = $"{Told(address)} answered {status}{(said.Length > 0 ? $": {said}" : "")}";
            return status switch
            {
                >= 200 and < 300 => new GateAnswer.Open(words),
                408 or 425 or 429 or 502 or 503 or 504 => new GateAnswer.Errored($"{words}; that says nothing of the version"),
                _ => new GateAnswer.Failed(words),
            };
        }
    }

    /// <summary>The first line, of at most so many bytes; what follows is not read.</summary>
    private static async Task<string> SayAsync(HttpContent content, CancellationToken stop)
    {
        await using var body = await content.ReadAsStreamAsync(stop);
        var buffer = new byte[MostBytes];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, stop);
        var text = System.Text.Encoding.UTF8.GetString(buffer, 0, length);
        var line = Printable.Escape(text.Split('\n').Select(static l => l.Trim()).FirstOrDefault(static l => l.Length > 0) ?? "");
        return line.Length <= Shown ? line : line[..(Shown - 3)] + "...";
    }

    private SocketsHttpHandler HandlerFor(Verification.Fetch check) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        MaxResponseHeadersLength = 64,
        ConnectCallback = (context, stop) => ConnectAsync(context.DnsEndPoint, check.MayAskLoopback, stop),
    };

    /// <summary>The addresses are looked at that are connected to: a name may mean another one the next time.</summary>
    private async ValueTask<Stream> ConnectAsync(DnsEndPoint point, bool mayAskLoopback, CancellationToken stop)
    {
        var isAddress = IPAddress.TryParse(point.Host.Trim('[', ']'), out var literal);
        IPAddress[] found = isAddress ? [literal!] : await Dns.GetHostAddressesAsync(point.Host, stop);
        var open = found.Where(a => PrivateAddresses.WhyNot(a, mayAskLoopback, allowed) is null).ToArray();
        if (open.Length == 0)
            throw new IOException(found is [var first, ..]
                ? $"{point.Host} is at {first}, {PrivateAddresses.WhyNot(first, mayAskLoopback, allowed)}"
                : $"{point.Host} has no address");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(open, point.Port, stop);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Told(Uri address) => UrlText.WithoutSecrets(address.GetLeftPart(UriPartial.Path));
}

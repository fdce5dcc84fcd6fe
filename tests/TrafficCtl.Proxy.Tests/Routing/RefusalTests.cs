using System.Net;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>What cannot be forwarded for a reason of the request is refused before dispatch, and is no version's failure.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("CONNECT a:1 HTTP/1.1", 405)]
    [InlineData("TRACE / HTTP/1.1", 405)]
    [InlineData("OPTIONS * HTTP/1.1", 400)]
    [InlineData("get / HTTP/1.1", 400)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked", 501)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400)]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3", 400)]
    [InlineData("POST / HTTP/1.0\r\nTransfer-Encoding: chunked", 400)]
    public async Task A_request_that_no_reverse_proxy_forwards_is_refused(string line, int status)
    {
        await using var v1 = await Upstream.StartAsync();
        await using var v2 = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [v1.Address]), ("v2", [v2.Address]));
        await proxy.RollOutAsync(10_000);
        var host = line.StartsWith("CONNECT", StringComparison.Ordinal) ? "a:1" : "h";
        var answer = await proxy.RawAsync($"{line}\r\nHost: {host}\r\nx-user-id: ann\r\nConnection: close\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        await proxy.CountedAsync(Arm.Candidate, Outcome.Refused);
        Assert.True(v1.Seen.IsEmpty && v2.Seen.IsEmpty);
        Assert.Equal(0, (await proxy.CountsOfAsync(Arm.Candidate)).Requests);
    }

    [Fact]
    public async Task Extended_connect_of_another_protocol_is_refused()
    {
        await using var v1 = await Upstream.StartAsync();
        await using var proxy = await StartAsync(("v1", [v1.Address]));
        using var request = new HttpRequestMessage(HttpMethod.Connect, proxy.Address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Protocol = "connect-udp";
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var response = await invoker.SendAsync(request, CancellationToken.None);
        Assert.Equal(HttpStatusCode.NotImplemented, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.Refused);
    }
}

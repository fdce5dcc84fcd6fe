using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using TrafficCtl.Daemon.Api;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

public class AdminGuardTests
{
    [Theory]
    [InlineData("/v1/services")]
    [InlineData("/v1/services/checkout")]
    [InlineData("/v1/services/checkout/why")]
    [InlineData("/v1/services/checkout/history")]
    [InlineData("/v1/services/checkout/watch")]
    [InlineData("/v1/watch")]
    public async Task Refuses_a_name_that_was_rebound_to_this_machine(string path)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = "rebound.example:9180" } };
        var problem = await ApiHost.ProblemOf(await host.Http.SendAsync(request), HttpStatusCode.Forbidden);
        Assert.Contains("rebound.example", problem.Detail);
    }

    /// <summary>A label of more than 63 characters with one that an address would have to encode.</summary>
    [Fact]
    public async Task Refuses_a_name_that_cannot_be_part_of_an_address()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var socket = new TcpClient(host.Http.BaseAddress!.Host, host.Http.BaseAddress.Port);
        await using var stream = socket.GetStream();
        var name = $"localho'{new string('o', 70)}st";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/services HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        Assert.Equal("HTTP/1.1 403 Forbidden", await reader.ReadLineAsync());
    }

    [Theory]
    [InlineData("localhost:9180")]
    [InlineData("127.0.0.1")]
    [InlineData("127.3.2.1:1")]
    [InlineData("[::1]:9180")]
    public async Task Serves_every_name_of_this_machine(string name)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/services") { Headers = { Host = name } };
        Assert.Equal(HttpStatusCode.OK, (await host.Http.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("http://localhost:3000")]
    [InlineData("null")]
    public async Task Refuses_pages_of_other_sites(string origin)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var request = Post("""{"kind":"abort"}""", "application/json");
        request.Headers.Add("Origin", origin);
        await ApiHost.ProblemOf(await host.Http.SendAsync(request), HttpStatusCode.Forbidden);
        Assert.Empty(host.Wished);
    }

    [Fact]
    public async Task Serves_pages_of_its_own()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var request = Post("""{"kind":"abort"}""", "application/json; charset=utf-8");
        request.Headers.Add("Origin", host.Http.BaseAddress!.GetLeftPart(UriPartial.Authority));
        Assert.Equal(HttpStatusCode.OK, (await host.Http.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/json-seq")]
    public async Task Refuses_what_a_page_may_post_without_asking(string mediaType)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var request = Post("""{"kind":"abort"}""", mediaType);
        await ApiHost.ProblemOf(await host.Http.SendAsync(request), HttpStatusCode.UnsupportedMediaType);
        Assert.Empty(host.Wished);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reads_no_body_past_64_KiB(bool saysItsLength)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var request = Post($$"""{"kind":"abort","reason":"{{new string('x', 64 * 1024)}}"}""", "application/json");
        request.Headers.TransferEncodingChunked = !saysItsLength;
        await ApiHost.ProblemOf(await host.Http.SendAsync(request), HttpStatusCode.RequestEntityTooLarge);
        Assert.Empty(host.Wished);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing")]
    [InlineData("DELETE", "/v1/services/checkout")]
    [InlineData("GET", "/v1/services/checkout/wishes")]
    public async Task Says_what_exists_where_nothing_does(string method, string path)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var problem = await ApiHost.ProblemOf(
            await host.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path)), HttpStatusCode.NotFound);
        Assert.StartsWith($"{method} {path} is not part of the API", problem.Detail);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9180")]
    [InlineData("http://localhost:0/")]
    [InlineData("http://[::1]:9180")]
    [InlineData("https://127.0.0.1:9443")]
    [InlineData("https://0.0.0.0:9443")]
    [InlineData("https://[::]:9443")]
    public void Listens_on_this_machine_and_with_TLS_everywhere(string text)
    {
        Assert.True(AdminAddress.TryParseBind(text, out var address, out _));
        Assert.Equal(new Uri(text), address);
    }

    [Theory]
    [InlineData("http://0.0.0.0:9180", "write https://0.0.0.0:9180 and add --admin-tls-cert")]
    [InlineData("http://[::]:9180", "write https://[::]:9180 and add --admin-tls-cert")]
    [InlineData("http://10.0.0.5:9180", "write https://10.0.0.5:9180 and add --admin-tls-cert")]
    [InlineData("http://admin.example", "write https://admin.example and add --admin-tls-cert")]
    [InlineData("https://admin.example:9443", "admin.example is a name: write an address of this machine")]
    [InlineData("https://127.0.0.1:9180/v1", "not an address to listen on")]
    [InlineData("http://127.0.0.1:9180/v1", "not an address to listen on")]
    [InlineData("127.0.0.1:9180", "not an address to listen on")]
    [InlineData("", "not an address to listen on")]
    public void Listens_nowhere_else(string text, string says)
    {
        Assert.False(AdminAddress.TryParseBind(text, out _, out var problem));
        Assert.Contains(says, problem);
    }

    private static HttpRequestMessage Post(string body, string mediaType) => new(HttpMethod.Post, "/v1/services/checkout/wishes")
    {
        Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(mediaType) } },
    };
}

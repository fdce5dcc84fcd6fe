using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Probes;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Daemon.Tests.Cluster;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Probes;

public sealed class ProbeServerTests : IAsyncLifetime
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly LastLines said = new();
    private readonly ServiceProvider services;
    private readonly ProbeServer server;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private volatile string? sick, notReady;

    public ProbeServerTests()
    {
        services = new ServiceCollection().AddLogging(l => l.SetMinimumLevel(LogLevel.Information).AddProvider(said))
            .BuildServiceProvider();
        var loggers = services.GetRequiredService<ILoggerFactory>();
        server = new ProbeServer(
            new IPEndPoint(IPAddress.Loopback, 0),
            new ProbeAnswers(() => sick, () => notReady, Page(),
                loggers.CreateLogger<ProbeAnswers>()), services, loggers);
    }

    public async ValueTask InitializeAsync() => await server.StartAsync(Stop);

    public async ValueTask DisposeAsync()
    {
        await server.StopAsync(new CancellationToken(canceled: true));
        server.Dispose();
        http.Dispose();
        await services.DisposeAsync();
    }

    [Fact]
    public async Task Answers_health_readiness_and_metrics()
    {
        Assert.Equal((HttpStatusCode.OK, "ok\n"), await AskAsync("healthz"));
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await AskAsync("readyz"));
        using var metrics = await http.GetAsync(new Uri(server.Address, "metrics"), Stop);
        Assert.Equal(MetricFormat.Text, metrics.Content.Headers.ContentType!.ToString());
        var page = await metrics.Content.ReadAsStringAsync(Stop);
        Assert.Contains("\ntrafficctl_rounds_total 0\n", page, StringComparison.Ordinal);
        Assert.DoesNotContain("trafficctl_build_info", page, StringComparison.Ordinal);
        Assert.False(metrics.Headers.Contains("Server"));
        Assert.False(metrics.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Answers_HEAD_with_the_headers_of_GET_and_no_body()
    {
        foreach (var path in (string[])["healthz", "readyz", "metrics", "other"])
        {
            using var get = await http.GetAsync(new Uri(server.Address, path), Stop);
            using var head = await http.SendAsync(new HttpRequestMessage(HttpMethod.Head, new Uri(server.Address, path)), Stop);
            Assert.Equal((get.StatusCode, get.Content.Headers.ContentType), (head.StatusCode, head.Content.Headers.ContentType));
            // Two pages of metrics differ by what happened between them.
            if (path != "metrics") Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
            Assert.True(head.Content.Headers.ContentLength > 0);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync(Stop));
        }
    }

    [Fact]
    public async Task Writes_metrics_as_OpenMetrics_where_it_is_asked_for()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, "metrics"));
        request.Headers.TryAddWithoutValidation("Accept", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
        using var answer = await http.SendAsync(request, Stop);
        Assert.Equal(MetricFormat.OpenMetrics, answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("Accept", Assert.Single(answer.Headers.Vary));
        Assert.EndsWith("\n# EOF\n", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("v1/services")]
    [InlineData("v1/services/shop/wishes")]
    [InlineData("v1/watch")]
    [InlineData("healthz/")]
    [InlineData("HEALTHZ")]
    [InlineData("metrics/../v1/services")]
    public async Task Knows_no_other_path(string path) => Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(path)).Status);

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    [InlineData("CONNECT")]
    public async Task Refuses_every_other_method_on_every_path(string method)
    {
        foreach (var path in (string[])["/healthz", "/metrics", "/v1/services/shop/wishes"])
        {
            // CONNECT names a place, and no path.
            var target = method == "CONNECT" ? server.Address.Authority : path;
            var answer = await SendAsync($"{method} {target} HTTP/1.1\r\nHost: {server.Address.Authority}\r\nConnection: close\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 405 ", answer, StringComparison.Ordinal);
            Assert.Contains("\r\nAllow: GET, HEAD\r\n", answer, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", "413")]
    [InlineData("GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "413")]
    [InlineData("POST /v1/services/shop/wishes HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n", "405")]
    [InlineData("nonsense\r\n\r\n", "400")]
    [InlineData("GET /metrics HTTP/1.1\r\n\r\n", "400")]
    public async Task Reads_no_body_and_ends_the_connection(string request, string status) =>
        Assert.StartsWith($"HTTP/1.1 {status} ", await SendAsync(request), StringComparison.Ordinal);

    [Fact]
    public async Task Limits_the_size_of_a_request()
    {
        Assert.StartsWith("HTTP/1.1 414 ",
            await SendAsync($"GET /{new string('x', ProbeServer.MostLineBytes)} HTTP/1.1\r\nHost: x\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431 ",
            await SendAsync($"GET /metrics HTTP/1.1\r\nHost: x\r\na: {new string('x', ProbeServer.MostHeaderBytes)}\r\n\r\n"),
            StringComparison.Ordinal);
        var many = string.Concat(Enumerable.Range(0, ProbeServer.MostHeaders).Select(i => $"h{i}: x\r\n"));
        Assert.StartsWith("HTTP/1.1 431 ", await SendAsync($"GET /metrics HTTP/1.1\r\nHost: x\r\n{many}\r\n"), StringComparison.Ordinal);
    }

    /// <summary>The server's own time ends it; the test only waits for the end.</summary>
    [Fact]
    public async Task Ends_a_request_whose_headers_do_not_come_to_an_end()
    {
        var answer = await SendAsync("GET /metrics HTTP/1.1\r\nHost: x\r\n");
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_no_more_connections_than_its_limit_and_others_again_when_one_ends()
    {
        var open = new List<TcpClient>();
        try
        {
            for (var i = 0; i < ProbeServer.MostConnections; i++)
            {
                open.Add(await ConnectAsync());
                await open[^1].GetStream().WriteAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Stop);
                Assert.StartsWith("HTTP/1.1 200 ", await FirstAsync(open[^1]), StringComparison.Ordinal);
            }

            Assert.Equal("", await SendAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
        }
        finally
        {
            foreach (var client in open) client.Dispose();
        }

        await Eventually.TrueAsync(() =>
            SendAsync("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").GetAwaiter().GetResult().Length > 0,
            "it is asked again");
    }

    [Fact]
    public async Task Keeps_reasons_to_the_log_which_has_each_once()
    {
        (sick, notReady) = ("no round has ended for 61 s", "deployments of ann's v7 cannot be listed");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "not well; the log says why\n"), await AskAsync("healthz"));
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "not ready; the log and /readyz of the admin API say why\n"),
                await AskAsync("readyz"));
        }

        notReady = "draining";
        await AskAsync("readyz");
        Assert.Equal(2, said.ToString().Split("no round has ended for 61 s").Length);
        Assert.Equal(2, said.ToString().Split("ann's v7").Length);
        Assert.Equal(2, said.ToString().Split("draining").Length);
    }

    [Fact]
    public async Task An_address_in_use_or_of_another_machine_is_refused_with_what_to_do()
    {
        var taken = new IPEndPoint(IPAddress.Loopback, server.Address.Port);
        Assert.Equal(
            $"the probes cannot listen on {taken}: the port is in use. Name another one with --probes, or stop what listens there.",
            await RefusedAsync(taken));
        Assert.Contains("this machine does not have the address",
            await RefusedAsync(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 9181)), StringComparison.Ordinal);
    }

    private async Task<string> RefusedAsync(IPEndPoint address)
    {
        var loggers = services.GetRequiredService<ILoggerFactory>();
        var answers = new ProbeAnswers(static () => null, static () => null, Page(), loggers.CreateLogger<ProbeAnswers>());
        using var other = new ProbeServer(address, answers, services, loggers);
        return Assert.Single((await Assert.ThrowsAsync<DaemonRefusedException>(() => other.StartAsync(Stop))).Problems);
    }

    private async Task<(HttpStatusCode Status, string Text)> AskAsync(string path)
    {
        using var answer = await http.GetAsync(new Uri($"{server.Address}{path}"), Stop);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop));
    }

    /// <summary>All that comes until the server ends the connection.</summary>
    private async Task<string> SendAsync(string request)
    {
        using var client = await ConnectAsync();
        try
        {
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), Stop);
            using var reader = new StreamReader(client.GetStream(), Encoding.UTF8);
            return await reader.ReadToEndAsync(Stop);
        }
        catch (IOException)
        {
            // Reset: there was no answer.
            return "";
        }
    }

    private static async Task<string> FirstAsync(TcpClient client)
    {
        var bytes = new byte[1024];
        return Encoding.UTF8.GetString(bytes, 0, await client.GetStream().ReadAsync(bytes, Stop));
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Address.Port, Stop);
        return client;
    }

    private static MetricsPage Page() =>
        new(static () => [], new Views(), new ControlMetrics(), new ConfigReloads(TimeProvider.System), new ManualClock());
}

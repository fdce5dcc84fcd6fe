using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>The second address of a whole daemon in the middle of a rollout.</summary>
public sealed class DaemonProbesTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false });

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task Shows_how_the_rollout_goes_and_neither_its_versions_nor_who_wished_what_and_why()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        daemon.Deliver("v1", "v1 v2");
        await using var host = await DaemonHost.StartAsync(daemon.Options with { Probes = new IPEndPoint(IPAddress.Loopback, 0) }, Stop);
        await Eventually.TrueAsync(() => host.Views.Find(Keys.Of("shop"))?.Record?.Active is { Candidate: "v2" }, "the rollout has begun");
        for (var i = 0; i < 20; i++) await daemon.AskAsync(host);
        using var wish = await http.PostAsJsonAsync(new Uri(host.Admin, "v1/services/shop/wishes"),
            new { kind = "pause", who = "ann-the-operator", reason = "wrong price" }, Stop);
        Assert.Equal(HttpStatusCode.OK, wish.StatusCode);

        const string Pause = "trafficctl_rollout_phase{service=\"shop\",environment=\"default\",target=\"default\",phase=\"Paused\"} 1\n";
        var page = "";
        await Eventually.TrueAsync(
            () => (page = Ask(host.Probes!, "metrics")).Contains(Pause, StringComparison.Ordinal), "the pause shows");
        Assert.Contains(
            "trafficctl_proxy_requests_total{service=\"shop\",environment=\"default\",target=\"default\",arm=\"stable\",outcome=\"success\"} ",
            page, StringComparison.Ordinal);
        foreach (var path in (string[])["metrics", "healthz", "readyz", "", "v1/services/shop"])
        {
            var answer = Ask(host.Probes!, path);
            foreach (var secret in (string[])["\"v1\"", "\"v2\"", "shop-default-1", "ann-the-operator", "wrong price", daemon.Data, ".NET"])
                Assert.DoesNotContain(secret, answer, StringComparison.Ordinal);
        }

        // The admin API still has all of it.
        var own = Ask(host.Admin, "metrics");
        Assert.Contains("stable=\"v1\",candidate=\"v2\"", own, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_option_there_is_no_second_address()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var host = await daemon.StartAsync();
        Assert.Null(host.Probes);
    }

    [Fact]
    public async Task A_port_in_use_is_refused_before_any_request_is_served_and_leaves_the_data_directory_free()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var options = daemon.Options with { Probes = (IPEndPoint)other.LocalEndpoint };
        var problem = Assert.Single(await daemon.RefusedAsync(options));
        Assert.StartsWith($"the probes cannot listen on {other.LocalEndpoint}: the port is in use.", problem, StringComparison.Ordinal);
        await using var host = await daemon.StartAsync();
        Assert.Equal("v1", await daemon.AskAsync(host));
    }

    private string Ask(Uri at, string path)
    {
        using var answer = http.Send(new HttpRequestMessage(HttpMethod.Get, new Uri($"{at}{path}")), Stop);
        using var reader = new StreamReader(answer.Content.ReadAsStream(Stop));
        return reader.ReadToEnd();
    }
}

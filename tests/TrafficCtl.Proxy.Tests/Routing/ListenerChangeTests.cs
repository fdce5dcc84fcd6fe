using System.Net;
using System.Net.Sockets;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Settings;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

public sealed class ListenerChangeTests
{
    [Fact]
    public async Task One_port_changes_from_clear_to_tls_and_back()
    {
        await using var upstream = await Upstream.StartAsync();
        using var files = new CertificateFiles("first");
        using var client = Trusting();
        var port = FreePort.Take();
        var clear = Spec(("v1", [upstream.Address])).At(new Listener("127.0.0.1", port, null));
        var secure = clear.At(clear.Embedded.Listen with { Tls = files.Files });
        await using var proxy = await StartAsync(clear);

        foreach (var (spec, scheme) in new[] { (clear, "http"), (secure, "https"), (clear, "http"), (secure, "https") })
        {
            await proxy.Server.ReloadAsync([spec], CancellationToken.None);
            Assert.Equal($"{scheme}://127.0.0.1:{port}/", proxy.Address.AbsoluteUri);
            using var response = await client.GetAsync(proxy.Address);
            Assert.Equal((HttpStatusCode.OK, scheme), (response.StatusCode, upstream.Last.Header("X-Forwarded-Proto")));
        }
    }

    [Fact]
    public async Task A_change_to_tls_is_taken_back_when_another_part_of_the_reload_is_refused()
    {
        await using var upstream = await Upstream.StartAsync();
        using var files = new CertificateFiles("first");
        using var client = Trusting();
        var clear = Spec(("v1", [upstream.Address])).At(new Listener("127.0.0.1", FreePort.Take(), null));
        var secure = clear.At(clear.Embedded.Listen with { Tls = files.Files });
        await using var proxy = await StartAsync(clear);
        // Twice the same service: no delivery file says so, and the forwarder refuses it after the sockets are bound.
        var other = secure.At(new Listener("127.0.0.1", FreePort.Take(), null));

        await Assert.ThrowsAsync<ListenException>(() => proxy.Server.ReloadAsync([secure, other], CancellationToken.None));

        Assert.True(proxy.Errors.Lines.TryDequeue(out var told));
        Assert.StartsWith("Failed to apply the new config.", told, StringComparison.Ordinal);
        using var response = await client.GetAsync(proxy.Address);
        Assert.Equal((HttpStatusCode.OK, "http"), (response.StatusCode, proxy.Address.Scheme));
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync($"http://127.0.0.1:{other.Embedded.Listen.Port}/"));
        await proxy.Server.ReloadAsync([secure, other with { Service = "other" }], CancellationToken.None);
        using var after = await client.GetAsync($"http://127.0.0.1:{other.Embedded.Listen.Port}/");
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task A_port_in_use_leaves_the_others_alone()
    {
        await using var upstream = await Upstream.StartAsync();
        using var files = new CertificateFiles("first");
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var clear = Spec(("v1", [upstream.Address])).At(new Listener("127.0.0.1", FreePort.Take(), null));
        var secure = clear.At(clear.Embedded.Listen with { Tls = files.Files });
        var taken = secure.At(new Listener("127.0.0.1", ((IPEndPoint)holder.LocalEndpoint).Port, null)) with { Service = "taken" };
        await using var proxy = await StartAsync(clear);

        await Assert.ThrowsAsync<ListenException>(() => proxy.Server.ReloadAsync([secure, taken], CancellationToken.None));

        using var response = await proxy.Client.GetAsync(proxy.Address);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_reload_after_the_drain_opens_nothing()
    {
        await using var upstream = await Upstream.StartAsync();
        var spec = Spec(("v1", [upstream.Address]));
        await using var proxy = await StartAsync(spec);
        await proxy.Server.DrainAsync(CancellationToken.None);

        var fault = await Assert.ThrowsAsync<ListenException>(() => proxy.Server.ReloadAsync([spec], CancellationToken.None));

        Assert.Equal("The proxy has drained and takes no configuration any more.", fault.Message);
    }

    private static HttpClient Trusting() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new System.Net.Security.SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.Subject == "CN=first",
        },
    });
}

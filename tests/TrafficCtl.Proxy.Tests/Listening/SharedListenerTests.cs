using System.Net.Security;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Listening;

/// <summary>Services on one listener: each with its own certificate, and the more special match first.</summary>
public sealed class SharedListenerTests
{
    [Theory]
    [InlineData("shop.example", "CN=shop")]
    [InlineData("SHOP.example", "CN=shop")]
    [InlineData("a.cart.example", "CN=cart")]
    [InlineData("cart.example", "CN=rest")]
    [InlineData("other.test", "CN=rest")]
    public async Task A_client_gets_the_certificate_of_the_name_it_asks_for(string name, string subject)
    {
        using CertificateFiles shop = new("shop"), cart = new("cart"), rest = new("rest");
        await using var upstream = await Upstream.StartAsync();
        await using var proxy = new ProxyUnderTest();
        var port = FreePort.Take();
        await proxy.Server.StartAsync(
            [Secure("shop", shop, "shop.example"), Secure("cart", cart, "*.cart.example"), Secure(Service, rest, null)],
            CancellationToken.None);
        using var socket = await proxy.ConnectAsync();
        await using var stream = new SslStream(
            new System.Net.Sockets.NetworkStream(socket), false, static (_, certificate, _, _) => certificate is { Subject.Length: > 0 });

        await stream.AuthenticateAsClientAsync(name);

        Assert.Equal(subject, stream.RemoteCertificate!.Subject);

        ServiceSpec Secure(
            string service, CertificateFiles files,
            string? host) => Spec(("v1", [upstream.Address]))
                .At(new Listener("127.0.0.1", port, files.Files))
                .Matching(new RouteMatch(host, null)) with
            {
                Service = service
            };
    }

    [Theory]
    [InlineData("/cart/1", "cart")]
    [InlineData("/", "shop")]
    public async Task Where_matches_overlap_the_more_special_one_wins(string path, string served)
    {
        await using var shop = await Upstream.StartAsync(name: "shop");
        await using var cart = await Upstream.StartAsync(name: "cart");
        var spec = Spec(("v1", [shop.Address]));
        await using var proxy = new ProxyUnderTest();
        var port = FreePort.Take();
        await proxy.Server.StartAsync(
            [
                spec.At(new Listener("127.0.0.1", port, null)).Matching(new RouteMatch("shop.example", null)),
                Spec(("v1", [cart.Address]))
                    .At(new Listener("127.0.0.1", port, null))
                    .Matching(new RouteMatch("shop.example", "/cart/**")) with
                {
                    Service = "cart" },
            ],
            CancellationToken.None);
        var answer = await proxy.RawAsync($"GET {path} HTTP/1.1\r\nHost: shop.example.\r\nConnection: close\r\n\r\n");
        Assert.EndsWith($"{served}\r\n0\r\n\r\n", answer, StringComparison.Ordinal);
    }
}

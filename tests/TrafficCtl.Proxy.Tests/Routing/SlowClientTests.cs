using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Settings;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>Slow-loris: connections that are kept open by next to nothing.</summary>
public sealed class SlowClientTests
{
    private const string Body = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";

    private static readonly ClientPatience Short = new()
    {
        Headers = TimeSpan.FromSeconds(5),
        KeepAlive = TimeSpan.FromSeconds(5),
        Grace = TimeSpan.FromSeconds(5.1),
    };

    [Fact]
    public async Task Cuts_clients_that_trickle_headers_or_bodies_or_say_nothing_while_others_are_served()
    {
        await using var upstream = await Upstream.StartAsync(context => context.Request.Body.CopyToAsync(context.Response.Body));
        var spec = Spec(("v1", [upstream.Address]));
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { MinRate = 240 }), patience: Short);
        (string First, string Then)[] slow =
        [
            ("", ""),
            ("P", ""),
            ("PRI * HTTP/2.0\r\n", ""),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
            ("G", ""),
            ("GET / HTTP/1.1\r\nHost: a\r\n", "x-more: 1\r\n"),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""),
            (Body, "x"),
            (Body, ""),
        ];

        var trickling = Task.WhenAll(Enumerable.Repeat(slow, 5).SelectMany(s => s).Select(s => TrickleAsync(proxy, s.First, s.Then)));
        var served = 0;
        do
        {
            using var response = await proxy.Client.PostAsync("/", new StringContent("quick"));
            Assert.Equal((HttpStatusCode.OK, "quick"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
            served++;
        }
        while (!trickling.IsCompleted);
        await trickling;

        await proxy.CountedAsync(Arm.Stable, Outcome.ClientAbort, 10);
        await Eventually.TrueAsync(() => proxy.CountsOfAsync(Arm.Stable).GetAwaiter().GetResult().InFlight == 0, "nothing is in flight");
        Assert.Equal(served + 5, (await proxy.CountsOfAsync(Arm.Stable)).Requests);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Takes_an_upload_that_pauses_for_longer_than_any_grace(string version)
    {
        await using var upstream = await Upstream.StartAsync(EchoAsync);
        await using var proxy = await StartAsync(("v1", [upstream.Address]));
        using var request = Request(HttpMethod.Post, "/", version: new Version(version));
        request.Content = new Pausing(TimeSpan.FromSeconds(7));

        using var response = await proxy.Client.SendAsync(request);

        Assert.Equal((HttpStatusCode.OK, "before after"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Holds_a_shared_listener_to_the_least_rate_of_its_services()
    {
        await using var upstream = await Upstream.StartAsync(EchoAsync);
        var strict = Spec(("v1", [upstream.Address]));
        strict = strict.Matching(new RouteMatch("strict.example", null)).WithProxy(p => p with { MinRate = 240 });
        var lenient = strict.Matching(new RouteMatch("lenient.example", null)) with { Service = "lenient" };
        lenient = lenient.WithProxy(p => p with { MinRate = 0 });
        await using var proxy = new ProxyUnderTest(patience: Short);
        await proxy.Server.StartAsync([strict, lenient], CancellationToken.None);
        using var client = new HttpClient { BaseAddress = proxy.Address };
        using var request = Request(HttpMethod.Post, "/");
        (request.Headers.Host, request.Content) = ("lenient.example", new Pausing(TimeSpan.FromSeconds(7)));

        using var response = await client.SendAsync(request);

        Assert.Equal("before after", await response.Content.ReadAsStringAsync());
    }

    /// <summary>The answer of an upstream that waits for as long as it takes.</summary>
    private static Task EchoAsync(HttpContext context)
    {
        context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = null;
        return context.Request.Body.CopyToAsync(context.Response.Body);
    }

    /// <summary>A body in two parts.</summary>
    private sealed class Pausing(TimeSpan pause) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("before "u8.ToArray());
            await stream.FlushAsync();
#pragma warning disable RS0030 // Kestrel measures the pause by the machine's clock.
#pragma warning disable RS0030 // Kestrel measures the pause by the machine's clock.
            await Task.Delay(pause);
#pragma warning restore RS0030
#pragma warning restore RS0030
            await stream.WriteAsync("after"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 12;
            return true;
        }
    }

    /// <summary>Ends when the proxy has closed the connection.</summary>
    private static async Task TrickleAsync(ProxyUnderTest proxy, string first, string then)
    {
        using var socket = await proxy.ConnectAsync();
        if (first.Length > 0) await socket.SendAsync(Encoding.Latin1.GetBytes(first));
        var reading = ReadAsync(socket);
        await Periodic.ActAsync(
            TimeSpan.FromMilliseconds(100),
            async () =>
            {
                if (reading.IsCompleted || then.Length == 0) return false;
                try
                {
                    await socket.SendAsync(Encoding.Latin1.GetBytes(then));
                    return true;
                }
                catch (SocketException)
                {
                    return false;
                }
            },
            TestContext.Current.CancellationToken);

        await reading;
    }
}

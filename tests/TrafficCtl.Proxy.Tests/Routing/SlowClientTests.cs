using System.Net;
using System.Net.Sockets;
using System.Text;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Routing;
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
        await using var proxy = await StartAsync(Spec(("v1", [upstream.Address])), patience: Short);
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

    /// <summary>Ends when the proxy has closed the connection.</summary>
    private static async Task TrickleAsync(ProxyUnderTest proxy, string first, string then)
    {
        using var socket = await proxy.ConnectAsync();
        if (first.Length > 0) await socket.SendAsync(Encoding.Latin1.GetBytes(first));
        var reading = ReadAsync(socket);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!reading.IsCompleted && then.Length > 0)
        {
            await Task.WhenAny(reading, pace.WaitForNextTickAsync().AsTask());
            try
            {
                await socket.SendAsync(Encoding.Latin1.GetBytes(then));
            }
            catch (SocketException)
            {
                break;
            }
        }

        await reading;
    }
}

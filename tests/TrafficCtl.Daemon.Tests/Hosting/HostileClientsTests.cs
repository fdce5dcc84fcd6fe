using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>Strangers who send what no version can answer, with ids of the candidate, beside people who are served.</summary>
public sealed partial class HostileClientsTests(ITestOutputHelper output)
{
    private const int Speed = 2, PerSecond = 50, Least = 300, MostAtOnce = 100;

    /// <summary>No limit is met because the machine is slow: what fails here fails by what the strangers do.</summary>
    private const string Patient = "timeouts: { connect: 1m, attempt: 10m }\nhealth: { timeout: 5m }";

    private const string Close = "Connection: close\r\n\r\n";

    private static readonly TimeSpan Storm = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("CONNECT")]
    [InlineData("TRACE")]
    [InlineData("tunnel")]
    [InlineData("gRPC")]
    [InlineData("leave")]
    public async Task Take_no_healthy_candidate_back(string kind)
    {
        var clock = new HastyClock(Speed);
        await using var daemon = await RealDaemon.PrepareAsync(clock: clock);
        await using var host = await daemon.StartAsync();
        var shop = host.AddressOf("shop");
        await using var people = new ShopClients(shop, clock, Speed, perSecond: 100, patience: TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => people.Answered > 500, "the shop has clients");
        daemon.Deliver("v1", "v1 v2", more: $"identity: [header:x-user-id]\nrollout: [{{ weights: [50, 100], hold: 1h }}]\n{Patient}");
        Assert.Empty(await host.ReloadAsync(default));
        await Eventually.TrueAsync(
            () => host.Views.Find(Keys.Of("shop"))?.Record?.Active?.Phase is Phase.Observing, "the candidate has half of the users");

        var rollout = host.Views.Find(Keys.Of("shop"))!.Record!.Active!.Id;
        var ids = Enumerable.Range(0, int.MaxValue).Select(i => $"stranger-{i}").Where(id => IsCandidates(rollout, id)).Take(50).ToArray();
        await StormAsync(kind, shop, clock, ids);

        var view = host.Views.Find(Keys.Of("shop"))!;
        var counted = await CountedAsync(host);
        output.WriteLine($"{kind}: {string.Join(", ", counted.Where(c => c.Value > 0))}; {view.Seen?.Judgement?.Reason}");
        Assert.Null(view.Router?.Trip);
        Assert.Equal(rollout, view.Record?.Active?.Id);
        Assert.True(view.Record!.Active!.Phase is Phase.Observing, view.LastDecision?.Reason);
        Assert.Equal(0, Enum.GetValues<Outcome>().Where(o => o.IsFailure()).Sum(o => counted[o.Label()]));
        if (kind != "leave") Assert.InRange(counted["refused"], 141, double.MaxValue);
    }

    [Fact]
    public async Task One_user_whose_every_request_fails_holds_the_candidate_and_takes_it_nowhere()
    {
        var clock = new HastyClock(Speed);
        await using var daemon = await RealDaemon.PrepareAsync(
            context =>
            {
                var user = context.Request.Headers["x-user-id"].ToString();
                if (!user.StartsWith("stranger-", StringComparison.Ordinal)) return context.Response.WriteAsync("v2");
                context.Response.StatusCode = 500;
                return Task.CompletedTask;
            },
            clock);
        await using var host = await daemon.StartAsync();
        var shop = host.AddressOf("shop");
        await using var people = new ShopClients(shop, clock, Speed, perSecond: 100, patience: TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => people.Answered > 500, "the shop has clients");
        daemon.Deliver("v1", "v1 v2", more: $"identity: [header:x-user-id]\nrollout: [{{ weights: [50, 100], hold: 1h }}]\n{Patient}");
        Assert.Empty(await host.ReloadAsync(default));
        await Eventually.TrueAsync(
            () => host.Views.Find(Keys.Of("shop"))?.Record?.Active?.Phase is Phase.Observing, "the candidate has half of the users");

        var rollout = host.Views.Find(Keys.Of("shop"))!.Record!.Active!.Id;
        var id = Enumerable.Range(0, int.MaxValue).Select(i => $"stranger-{i}").First(id => IsCandidates(rollout, id));
        await StormAsync("GET", shop, clock, [id]);

        const string Held = "advisory signal worse: top user: one user";
        await Eventually.TrueAsync(
            () => host.Views.Find(Keys.Of("shop"))!.Seen?.Judgement is { } seen && seen.Reason.Contains(Held, StringComparison.Ordinal),
            "the user is named", () => host.Views.Find(Keys.Of("shop"))!.Seen?.Judgement?.Reason ?? "no judgement");
        var view = host.Views.Find(Keys.Of("shop"))!;
        output.WriteLine(view.Seen!.Judgement!.Reason);
        Assert.Null(view.Router?.Trip);
        Assert.Equal(rollout, view.Record?.Active?.Id);
        Assert.True(view.Record!.Active!.Phase is Phase.Observing, view.LastDecision?.Reason);
    }

    /// <summary>The candidate's requests by outcome, from the metrics page.</summary>
    private static async Task<Dictionary<string, double>> CountedAsync(DaemonHost host)
    {
        using var client = new HttpClient { BaseAddress = host.Admin };
        var page = await client.GetStringAsync("/metrics");
        return Samples().Matches(page).ToDictionary(
            m => m.Groups["outcome"].Value, m => double.Parse(m.Groups["count"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(
        """^trafficctl_proxy_requests_total\{[^}]*arm="candidate"[^}]*outcome="(?<outcome>\w+)"[^}]*\} (?<count>\S+)""",
        RegexOptions.Multiline)]
    private static partial Regex Samples();

    private static bool IsCandidates(string rollout, string id) => new Core.Cohorts.Assignment(rollout).Bucket(id) < 5000;

    private static async Task StormAsync(string kind, Uri shop, HastyClock clock, string[] ids)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false };
        using var client = new HttpMessageInvoker(handler, disposeHandler: false);
        var (began, sent, under) = (clock.GetTimestamp(), 0, new List<Task>());
        await Periodic.ActAsync(
            TimeSpan.FromMilliseconds(10),
            () =>
            {
                under.RemoveAll(static t => t.IsCompletedSuccessfully);
                var due = clock.GetElapsedTime(began).TotalSeconds * PerSecond;
                for (; sent < due && under.Count < MostAtOnce; sent++) under.Add(SendAsync(ids[sent % ids.Length]));
                return Task.FromResult(clock.GetElapsedTime(began) < Storm || sent < Least);
            },
            TestContext.Current.CancellationToken);
        await Task.WhenAll(under);

        Task SendAsync(string id) => kind switch
        {
            "CONNECT" => RawAsync(shop, $"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nx-user-id: {id}\r\n{Close}", leaves: false),
            "TRACE" => RawAsync(shop, $"TRACE / HTTP/1.1\r\nHost: a\r\nx-user-id: {id}\r\n{Close}", leaves: false),
            "GET" => RawAsync(shop, $"GET / HTTP/1.1\r\nHost: a\r\nx-user-id: {id}\r\n{Close}", leaves: false),
            "leave" => RawAsync(shop, $"GET / HTTP/1.1\r\nHost: a\r\nx-user-id: {id}\r\n\r\n", leaves: true),
            _ => Http2Async(client, shop, id, isTunnel: kind == "tunnel"),
        };
    }

    private static async Task RawAsync(Uri shop, string request, bool leaves)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(shop.Host, shop.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        if (leaves)
        {
            socket.LingerState = new LingerOption(true, 0);
            return;
        }

        while (await socket.ReceiveAsync(new byte[1024]) > 0)
        {
        }
    }

    private static async Task Http2Async(HttpMessageInvoker client, Uri shop, string id, bool isTunnel)
    {
        using var request = new HttpRequestMessage(isTunnel ? HttpMethod.Connect : HttpMethod.Post, shop)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { { "x-user-id", id } },
        };
        if (isTunnel)
        {
            request.Headers.Protocol = "websocket";
        }
        else
        {
            request.Content = new ByteArrayContent([0, 0, 0, 0, 1, 42]);
            request.Content.Headers.ContentType = new("application/grpc");
        }

        try
        {
            using var response = await client.SendAsync(request, default);
            Assert.Equal(HttpStatusCode.NotImplemented, response.StatusCode);
        }
        catch (HttpRequestException) when (isTunnel)
        {
            // The server resets clients that open and close streams too fast.
        }
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

/// <summary>What goes beyond a limit is refused in the caller's protocol; probes and an abort are answered all the same.</summary>
public sealed class CallLimitsTests : IDisposable
{
    /// <summary>What is used up comes back within no test.</summary>
    private const double Never = 1.0 / 3600;

    private static readonly MakeWishRequest Abort = new() { Service = "checkout", Kind = "abort" };

    private readonly TemporaryDirectory directory = new();
    private readonly Dictionary<string, string> tokens = [];

    [Fact]
    public async Task A_caller_that_asks_too_often_is_told_when_to_ask_again()
    {
        await using var host = await StartAsync(new AdminLimits { CallsPerSecond = Never, CallBurst = 3 });
        for (var i = 0; i < 3; i++) Assert.Equal(HttpStatusCode.OK, (await host.Http.GetAsync("/v1/services")).StatusCode);

        using var byHttp = await host.Http.GetAsync("/v1/services");
        var problem = await ApiHost.ProblemOf(byHttp, HttpStatusCode.TooManyRequests);
        Assert.Equal(
            ("too many requests", "this machine asks more than 0.0002777777777777778 times a second"), (problem.Title, problem.Detail));
        Assert.InRange(byHttp.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromHours(2));
        using var channel = host.Channel();
        var byRpc = await RefusedAsync(new Rollouts.RolloutsClient(channel).ListServicesAsync(new ListServicesRequest()));
        Assert.Equal((StatusCode.ResourceExhausted, problem.Detail), (byRpc.StatusCode, byRpc.Status.Detail));
        Assert.Equal("TOO_MANY_REQUESTS", byRpc.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
        Assert.InRange(byRpc.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan(), TimeSpan.FromTicks(1), TimeSpan.FromHours(2));
        Assert.Equal(2, host.Limited.Of(LimitKind.Rate));
        await ProbesAndAbortsPassAsync(host, channel);
    }

    [Fact]
    public async Task One_caller_takes_nothing_from_another()
    {
        await using var host = await StartAsync(
            new AdminLimits { CallsPerSecond = Never, CallBurst = 2, WishesPerSecond = Never, WishBurst = 1 }, "greedy", "ann");
        using var greedy = ChannelOf(host, "greedy");
        using var ann = ChannelOf(host, "ann");
        var asked = new GetServiceRequest { Service = "checkout" };
        for (var i = 0; i < 2; i++) await new Rollouts.RolloutsClient(greedy).GetServiceAsync(asked);
        Assert.Equal(
            StatusCode.ResourceExhausted, (await RefusedAsync(new Rollouts.RolloutsClient(greedy).GetServiceAsync(asked))).StatusCode);
        Assert.Equal("checkout", (await new Rollouts.RolloutsClient(ann).GetServiceAsync(asked)).Service);

        var pause = new MakeWishRequest { Service = "checkout", Kind = "pause" };
        await new Rollouts.RolloutsClient(greedy).MakeWishAsync(pause);
        var refused = await RefusedAsync(new Rollouts.RolloutsClient(greedy).MakeWishAsync(pause));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Contains("greedy (token) makes more than", refused.Status.Detail, StringComparison.Ordinal);
        Assert.True((await new Rollouts.RolloutsClient(greedy).MakeWishAsync(Abort)).Accepted);
        Assert.True((await new Rollouts.RolloutsClient(ann).MakeWishAsync(pause)).Accepted);
    }

    [Fact]
    public async Task A_flood_of_aborts_of_one_target_keeps_no_abort_of_another_away()
    {
        await using var host = await StartAsync(new AdminLimits { AbortsPerSecond = Never, AbortBurst = 2 });
        using var channel = host.Channel();
        var client = new Rollouts.RolloutsClient(channel);
        for (var i = 0; i < 2; i++) await client.MakeWishAsync(Abort);
        Assert.Equal(StatusCode.ResourceExhausted, (await RefusedAsync(client.MakeWishAsync(Abort))).StatusCode);
        Assert.True((await client.MakeWishAsync(new MakeWishRequest(Abort) { Service = "search" })).Accepted);
    }

    [Fact]
    public async Task One_viewer_cannot_take_every_watch_and_streams_of_health_and_reflection_count()
    {
        await using var host = await StartAsync(new AdminLimits { Watches = 5, WatchesOfCaller = 3 }, "viewer", "ann", "bob");
        using var viewer = ChannelOf(host, "viewer");
        using var watch = new Rollouts.RolloutsClient(viewer).Watch(new WatchRequest());
        Assert.True(await watch.ResponseStream.MoveNext(default));
        using var health = new Health.HealthClient(viewer).Watch(new HealthCheckRequest());
        Assert.True(await health.ResponseStream.MoveNext(default));
        using var reflection = new ServerReflection.ServerReflectionClient(viewer).ServerReflectionInfo();
        await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await reflection.ResponseStream.MoveNext(default));

        using var fourth = new Rollouts.RolloutsClient(viewer).Watch(new WatchRequest());
        var refused = await Assert.ThrowsAsync<RpcException>(() => fourth.ResponseStream.MoveNext(default));
        Assert.Equal(
            (StatusCode.ResourceExhausted, "viewer (token) has 3 streams open: close one"), (refused.StatusCode, refused.Status.Detail));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/watch");
        Show(request, "viewer");
        using var byHttp = await host.Http.SendAsync(request);
        await ApiHost.ProblemOf(byHttp, HttpStatusCode.TooManyRequests);
        Assert.NotNull(byHttp.Headers.RetryAfter);

        using var ann = ChannelOf(host, "ann");
        using var hers = new Rollouts.RolloutsClient(ann).Watch(new WatchRequest());
        Assert.True(await hers.ResponseStream.MoveNext(default));
        using var also = new Rollouts.RolloutsClient(ann).Watch(new WatchRequest());
        Assert.True(await also.ResponseStream.MoveNext(default));
        using var bob = ChannelOf(host, "bob");
        using var late = new Rollouts.RolloutsClient(bob).Watch(new WatchRequest());
        Assert.Equal(
            "5 are watching already: close one",
            (await Assert.ThrowsAsync<RpcException>(() => late.ResponseStream.MoveNext(default))).Status.Detail);
        await ProbesAndAbortsPassAsync(host, viewer, "viewer");

        await reflection.RequestStream.CompleteAsync();
        Assert.False(await reflection.ResponseStream.MoveNext(default));
        await Eventually.TrueAsync(() => host.Watches.Open == 4, "an ended stream gives its place back");
    }

    [Fact]
    public async Task A_thousand_watches_that_never_read_take_one_callers_places_and_others_are_served()
    {
        const int Many = 1000;
        await using var host = await StartAsync(new AdminLimits { CallBurst = 2 * Many }, "viewer", "ann");
        using var viewer = ChannelOf(host, "viewer");
        var client = new Rollouts.RolloutsClient(viewer);
        var open = Enumerable.Range(0, Many).Select(_ => client.Watch(new WatchRequest())).ToList();
        var most = new AdminLimits().WatchesOfCaller;
        await Eventually.TrueAsync(
            () => host.Watches.Open == most && host.Limited.Of(LimitKind.Watches) == Many - most, "all but the caller's places are refused",
            () => $"{host.Watches.Open} open, {host.Limited.Of(LimitKind.Watches)} refused");

        using var ann = ChannelOf(host, "ann");
        using var hers = new Rollouts.RolloutsClient(ann).Watch(new WatchRequest());
        Assert.True(await hers.ResponseStream.MoveNext(default));
        await ProbesAndAbortsPassAsync(host, viewer, "viewer");
        open.ForEach(static watch => watch.Dispose());
    }

    [Fact]
    public async Task Calls_in_progress_are_limited_for_one_caller_and_for_all()
    {
        await using var host = await StartAsync(new AdminLimits { Calls = 3, CallsOfCaller = 2 }, "greedy", "ann", "bob");
        host.Journal.Reading = new TaskCompletionSource().Task;
        using var greedy = ChannelOf(host, "greedy");
        using var ann = ChannelOf(host, "ann");
        using var bob = ChannelOf(host, "bob");
        var asked = new HistoryRequest { Service = "checkout" };
        AsyncUnaryCall<HistoryResponse>[] hanging =
        [
            new V1.Journal.JournalClient(greedy).HistoryAsync(asked), new V1.Journal.JournalClient(greedy).HistoryAsync(asked),
        ];
        await Eventually.TrueAsync(() => host.Journal.Reads == 2, "two calls are in progress");
        var own = await RefusedAsync(new V1.Journal.JournalClient(greedy).HistoryAsync(asked));
        Assert.Equal((StatusCode.ResourceExhausted, "greedy (token) has 2 calls in progress"), (own.StatusCode, own.Status.Detail));

        using var third = new V1.Journal.JournalClient(ann).HistoryAsync(asked);
        await Eventually.TrueAsync(() => host.Journal.Reads == 3, "another caller's is too");
        var all = await RefusedAsync(new V1.Journal.JournalClient(bob).HistoryAsync(asked));
        Assert.Equal((StatusCode.ResourceExhausted, "3 calls are in progress"), (all.StatusCode, all.Status.Detail));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/services/checkout/history");
        Show(request, "bob");
        using var byHttp = await host.Http.SendAsync(request);
        await ApiHost.ProblemOf(byHttp, HttpStatusCode.ServiceUnavailable);
        Assert.NotNull(byHttp.Headers.RetryAfter);
        await ProbesAndAbortsPassAsync(host, greedy, "greedy");
        foreach (var call in hanging) call.Dispose();
    }

    [Fact]
    public async Task Connections_beyond_the_limit_get_an_abort_and_a_probe_through_and_nothing_else()
    {
        await using var host = await StartAsync(
            new AdminLimits { Connections = 4, ConnectionsOfAddress = 3, ReservedConnections = 2, ReservedFor = TimeSpan.FromMinutes(5) });
        var idle = new List<Socket>();
        for (var i = 0; i < 3; i++) idle.Add(await RawAsync(host, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "ok"));

        var refused = await AskAsync(host, "GET /v1/services HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 503 ", refused, StringComparison.Ordinal);
        Assert.Contains("too many connections", refused, StringComparison.Ordinal);
        Assert.Contains("Connection: close", refused, StringComparison.OrdinalIgnoreCase);

        // Who only holds the reserve makes room.
        for (var i = 0; i < 8; i++) idle.Add(await RawAsync(host, "GET /v1", null));
        using var fresh = host.Channel();
        await ProbesAndAbortsPassAsync(host, fresh, byNewConnections: true);
        Assert.True(host.Limited.Of(LimitKind.Connections) >= 10);
        idle.ForEach(static socket => socket.Dispose());
        await Eventually.TrueAsync(
            async () =>
            {
                using var free = NewClient(host);
                using var answer = await free.GetAsync("/v1/services");
                return answer.IsSuccessStatusCode;
            },
            "closed connections give their places back");
    }

    [Fact]
    public async Task Bodies_that_never_end_are_cut_for_a_wish_that_comes_whole()
    {
        await using var host = await StartAsync(new AdminLimits { WishesRead = 2 });
        var slow = new List<Socket>();
        for (var i = 0; i < 5; i++)
            slow.Add(await RawAsync(
                host, "POST /v1/services/checkout/wishes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 50\r\n\r\n{", null));
        await Eventually.TrueAsync(() => host.Limited.Of(LimitKind.SlowBody) >= 3, "the oldest are cut");
        using var channel = host.Channel();
        await ProbesAndAbortsPassAsync(host, channel);
        slow.ForEach(static socket => socket.Dispose());
    }

    [Theory]
    [InlineData("GET /v1/services HTTP/1.1\r\nHost: loc", LimitKind.SlowHeaders)]
    [InlineData(
        "POST /v1/services/checkout/wishes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
        LimitKind.SlowBody)]
    public async Task Slow_senders_are_cut_and_counted(string begun, object kind)
    {
        await using var host = await StartAsync(
            new AdminLimits { HeadersWithin = TimeSpan.FromMilliseconds(300), Grace = TimeSpan.FromSeconds(1.1) });
        using var socket = await RawAsync(host, begun, null);
        await Eventually.TrueAsync(() => host.Limited.Of((LimitKind)kind) == 1, "it is counted");
        // The server may still say why; then the connection ends.
        while (await ReceivedAsync(socket, new byte[4096]) > 0)
        {
        }
    }

    [Fact]
    public async Task A_stream_of_the_client_has_so_many_messages()
    {
        await using var host = await StartAsync(new AdminLimits { StreamMessages = 3 });
        using var channel = host.Channel();
        using var reflection = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        for (var i = 0; i < 3; i++)
        {
            await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
            Assert.True(await reflection.ResponseStream.MoveNext(default));
        }

        await reflection.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        var refused = await Assert.ThrowsAsync<RpcException>(() => reflection.ResponseStream.MoveNext(default));
        Assert.Equal(
            (StatusCode.ResourceExhausted, "a stream has at most 3 messages: open another one"),
            (refused.StatusCode, refused.Status.Detail));
    }

    [Fact]
    public async Task A_stream_in_which_the_client_is_silent_ends()
    {
        await using var host = await StartAsync(new AdminLimits { StreamSilence = TimeSpan.FromMilliseconds(200) });
        using var channel = host.Channel();
        using var reflection = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        var refused = await Assert.ThrowsAsync<RpcException>(() => reflection.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal(1, host.Limited.Of(LimitKind.Stream));
        await Eventually.TrueAsync(() => host.Watches.Open == 0, "its place is free");
    }

    [Theory]
    [InlineData("/trafficctl.v1.Rollouts/MakeWish", "0000000010")]
    [InlineData("/trafficctl.v1.Rollouts/MakeWish", "00")]
    [InlineData("/trafficctl.v1.Rollouts/GetService", "0500000000")]
    [InlineData("/trafficctl.v1.Rollouts/GetService", "0100000000")]
    [InlineData("/trafficctl.v1.Rollouts/GetService", "010000000C1F8B99000000000000030303", "gzip")]
    [InlineData("/trafficctl.v1.Rollouts/GetService", "0100000003010203", "deflate")]
    [InlineData("/trafficctl.v1.Rollouts/GetService", "0100000003010203", "br", StatusCode.Unimplemented)]
    [InlineData("/trafficctl.v1.Rollouts/GetService", "0080000000", "", StatusCode.ResourceExhausted)]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "0080000000")]
    [InlineData("/trafficctl.v1.Rollouts/GetService", "00000000000000000000")]
    [InlineData("/trafficctl.v1.Rollouts/Watch", "0000000010")]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "0000000010")]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "0500000000")]
    [InlineData("/grpc.health.v1.Health/Check", "0000000010")]
    public async Task Broken_framing_is_the_callers_fault(
        string path, string bytes, string encoding = "", StatusCode expected = StatusCode.InvalidArgument)
    {
        using var said = new Hosting.SaidLines();
        await using var host = await StartAsync(
            new AdminLimits(), before: services => services.AddSingleton<ILoggerProvider>(said));
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Convert.FromHexString(bytes)) { Headers = { ContentType = new("application/grpc") } },
        };
        request.Headers.TE.Add(new("trailers"));
        if (encoding.Length > 0) request.Headers.Add("grpc-encoding", encoding);
        using var answer = await host.Http.SendAsync(request);
        await answer.Content.ReadAsByteArrayAsync();
        var status = answer.Headers.TryGetValues("grpc-status", out var early) ? early.Single()
            : answer.TrailingHeaders.GetValues("grpc-status").Single();
        Assert.Equal(((int)expected).ToString(System.Globalization.CultureInfo.InvariantCulture), status);
        Assert.DoesNotContain(said.Lines, static line => line.Contains("service method", StringComparison.Ordinal));
    }

    public void Dispose() => directory.Dispose();

    /// <summary>With limits used up: each of them is answered, by both protocols.</summary>
    private async Task ProbesAndAbortsPassAsync(ApiHost host, GrpcChannel channel, string? who = null, bool byNewConnections = false)
    {
        host.Readiness.TurnOn();
        using var fresh = byNewConnections ? NewClient(host) : null;
        var http = fresh ?? host.Http;
        Assert.Equal("ok\n", await http.GetStringAsync("/healthz"));
        Assert.Equal("ready\n", await http.GetStringAsync("/readyz"));
        var before = host.Wished.Count;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/services/checkout/wishes")
        {
            Content = new StringContent("""{"kind":"abort"}""", Encoding.UTF8, "application/json"),
        };
        Show(request, who);
        using var byHttp = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, byHttp.StatusCode);
        Assert.Equal(
            HealthCheckResponse.Types.ServingStatus.Serving,
            (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status);
        Assert.True((await new Rollouts.RolloutsClient(channel).MakeWishAsync(Abort)).Accepted);
        Assert.All(host.Wished.Skip(before), static wish => Assert.Equal(WishKind.Abort, wish.Kind));
        Assert.Equal(before + 2, host.Wished.Count);
    }

    private Task<ApiHost> StartAsync(AdminLimits limits, params string[] people) => StartAsync(limits, static _ => { }, people);

    private Task<ApiHost> StartAsync(AdminLimits limits, Action<IServiceCollection> before, params string[] people)
    {
        var kept = new List<Token>();
        foreach (var name in people)
        {
            var (token, text) = Token.Make(name, new Grant(Role.Admin), Example.Now, null);
            kept.Add(token);
            tokens[name] = text;
        }

        var path = Path.Combine(directory.Path, TokenListFile.Name);
        if (kept.Count > 0) TokenListFile.Write(path, [.. kept]);
        return ApiHost.StartAsync(
            Example.Facts, kept.Count > 0 ? path : null, null,
            services =>
            {
                services.AddSingleton(limits);
                before(services);
            },
            [Example.Active(), Example.Quiet("search")]);
    }

    private GrpcChannel ChannelOf(ApiHost host, string who) => host.Channel(request => Show(request, who));

    private void Show(HttpRequestMessage request, string? who)
    {
        if (who is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens[who]);
    }

    private static HttpClient NewClient(ApiHost host) =>
        new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = host.Http.BaseAddress };

    /// <summary>A connection that has sent something and, where an answer is awaited, has got it.</summary>
    private static async Task<Socket> RawAsync(ApiHost host, string sent, string? awaited)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(host.Http.BaseAddress!.Host, host.Http.BaseAddress.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(sent));
        if (awaited is null) return socket;
        var (buffer, seen) = (new byte[4096], "");
        while (!seen.Contains(awaited, StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer);
            Assert.NotEqual(0, read);
            seen += Encoding.ASCII.GetString(buffer, 0, read);
        }

        return socket;
    }

    /// <summary>All that a connection is answered until it ends.</summary>
    private static async Task<string> AskAsync(ApiHost host, string sent)
    {
        using var socket = await RawAsync(host, sent, null);
        var (buffer, seen) = (new byte[4096], "");
        while (await ReceivedAsync(socket, buffer) is > 0 and var read) seen += Encoding.ASCII.GetString(buffer, 0, read);
        return seen;
    }

    /// <summary>A connection that is reset has ended.</summary>
    private static async Task<int> ReceivedAsync(Socket socket, byte[] buffer)
    {
        try
        {
            return await socket.ReceiveAsync(buffer);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static Task<RpcException> RefusedAsync<T>(AsyncUnaryCall<T> call) => Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
}

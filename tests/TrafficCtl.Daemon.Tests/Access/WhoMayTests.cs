using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Tests.Api;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access;

/// <summary>Who may ask for what, by both protocols: each person before each call.</summary>
public sealed class WhoMayTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public static TheoryData<string, string, string> Cells
    {
        get
        {
            var cells = new TheoryData<string, string, string>();
            foreach (var (who, allowed) in (ReadOnlySpan<(string, string)>)
            [
                ("nobody", ""), ("hostile", ""), ("expired", ""),
                ("viewer", "read"),
                ("operator", "read publish pause resume promote abort retry"),
                ("approver", "read pause promote-full abort approve reject"),
                ("admin", "read publish pause resume promote promote-full abort retry approve reject"),
                ("operator of staging", ""),
            ])
                foreach (var act in "read publish pause resume promote promote-full abort retry approve reject".Split(' '))
                    cells.Add(who, act, allowed.Split(' ').Contains(act) ? "granted" : who is "nobody" or "hostile" or "expired" ? "unknown"
                        : who == "operator of staging" ? "unseen" : "refused");
            return cells;
        }
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Each_person_may_what_the_table_says(string who, string act, string expected)
    {
        await using var host = await StartAsync();
        var token = TokenOf(who);
        using var channel = host.Channel(request => Show(request, token));
        var client = new Rollouts.RolloutsClient(channel);
        var byRpc = act == "read"
            ? await StatusOfAsync(client.GetServiceAsync(new GetServiceRequest { Service = "checkout" }).ResponseAsync)
            : await StatusOfAsync(client.MakeWishAsync(WishOf(act)).ResponseAsync);
        using var request = new HttpRequestMessage(
            act == "read" ? HttpMethod.Get : HttpMethod.Post, act == "read" ? "/v1/services/checkout" : "/v1/services/checkout/wishes");
        if (act != "read")
        {
            var json = Google.Protobuf.JsonFormatter.Default.Format(WishOf(act));
            request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        }

        Show(request, token);
        using var byHttp = await host.Http.SendAsync(request);

        var (rpc, http) = expected switch
        {
            "granted" => (StatusCode.OK, HttpStatusCode.OK),
            "refused" => (StatusCode.PermissionDenied, HttpStatusCode.Forbidden),
            "unseen" => (StatusCode.NotFound, HttpStatusCode.NotFound),
            _ => (StatusCode.Unauthenticated, HttpStatusCode.Unauthorized),
        };
        Assert.Equal((rpc, http), (byRpc, byHttp.StatusCode));
        Assert.Equal(expected == "granted" && act != "read" ? 2 : 0, host.Wished.Count);
        Assert.All(host.Wished, wish => Assert.Equal(who, wish.Who));
        if (http == HttpStatusCode.Unauthorized) Assert.Equal("Bearer", byHttp.Headers.WwwAuthenticate.Single().Scheme);
    }

    [Fact]
    public async Task Who_sees_a_part_does_not_learn_of_the_rest()
    {
        await using var host = await StartAsync();
        using var channel = host.Channel(request => Show(request, TokenOf("operator of staging")));
        var client = new Rollouts.RolloutsClient(channel);
        Assert.Equal(["search"], (await client.ListServicesAsync(new ListServicesRequest())).Services.Select(static s => s.Service));
        using var watch = client.Watch(new WatchRequest());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal("search", watch.ResponseStream.Current.Service);
        var unseen = await Assert.ThrowsAsync<RpcException>(
            () => client.GetServiceAsync(new GetServiceRequest { Service = "chekout" }).ResponseAsync);
        Assert.DoesNotContain("checkout", unseen.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_tokens_everybody_on_this_machine_may_everything_and_is_marked_as_unverified()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var response = await host.WishAsync("""{"kind":"abort","who":"ana"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("ana (unverified)", host.Wished.Single().Who);
    }

    [Fact]
    public async Task A_wish_for_a_target_that_its_sender_does_not_see_is_written_down()
    {
        using var said = new SaidLines();
        await using var host = await StartAsync(before: services => services.AddSingleton<ILoggerProvider>(said));
        using var channel = host.Channel(request => Show(request, TokenOf("operator of staging")));
        Assert.Equal(
            StatusCode.NotFound,
            await StatusOfAsync(new Rollouts.RolloutsClient(channel).MakeWishAsync(WishOf("abort")).ResponseAsync));
        Assert.Equal(
            "checkout: operator of staging (token) may not abort, asked from 127.0.0.1 (because): it may not read the target",
            Assert.Single(said.Lines, static line => line.Contains("abort", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_watch_of_nobody_ends_when_the_first_token_is_there()
    {
        var path = Path.Combine(directory.Path, TokenListFile.Name);
        await using var host = await ApiHost.StartAsync(Example.Facts, path, null, Example.Active());
        using var channel = host.Channel();
        using var watch = new Rollouts.RolloutsClient(channel).Watch(new WatchRequest());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        TokenListFile.Write(path, [Token.Make("ci", new Grant(Role.Viewer), Example.Now, null).Kept]);
        var next = watch.ResponseStream.MoveNext(CancellationToken.None);
        await Eventually.TrueAsync(
            () =>
            {
                if (next is { IsCompletedSuccessfully: true, Result: true })
                    next = watch.ResponseStream.MoveNext(CancellationToken.None);
                else if (!next.IsCompleted)
                    host.Clock.Advance(TimeSpan.FromSeconds(1));
                return next is { IsCompletedSuccessfully: true, Result: false };
            },
            "the stream ends");
    }

    [Fact]
    public async Task The_user_at_the_other_end_of_the_socket_is_known_by_the_kernels_word()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "peer credentials are read on Linux alone");
        var socket = Path.Combine(directory.Path, AdminSocket.Name);
        await using var host = await StartAsync(socket);
        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, stop) =>
            {
                var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await local.ConnectAsync(new UnixDomainSocketEndPoint(socket), stop);
                return new NetworkStream(local, ownsSocket: true);
            },
        });
        using var content = new StringContent(
            """{"kind":"abort","who":"somebody else"}""", System.Text.Encoding.UTF8, "application/json");
        using var response = await http.PostAsync("http://127.0.0.1/v1/services/checkout/wishes", content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((Environment.UserName, "the admin socket"), (host.Wished.Single().Who, host.Wished.Single().From));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("garbage")]
    [InlineData("[]")]
    public async Task An_abort_needs_neither_store_nor_file_to_know_who_asks(string? file)
    {
        using var said = new SaidLines();
        await using var host = await StartAsync(before: services => services.AddSingleton<ILoggerProvider>(said));
        host.Journal.IsGone = true;
        var path = Path.Combine(directory.Path, TokenListFile.Name);
        if (file is null) File.Delete(path);
        else await File.WriteAllTextAsync(path, file);
        await Eventually.TrueAsync(
            () =>
            {
                host.Clock.Advance(TimeSpan.FromSeconds(1));
                return said.Lines.Any(static line => line.EndsWith("the last good tokens stay in force", StringComparison.Ordinal));
            },
            "the daemon has read the file again");

        using var channel = host.Channel(request => Show(request, TokenOf("approver")));
        Assert.True((await new Rollouts.RolloutsClient(channel).MakeWishAsync(WishOf("abort"))).Accepted);
        using var request = WishBy("abort");
        Show(request, TokenOf("approver"));
        using var byHttp = await host.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, byHttp.StatusCode);
        using var nobody = WishBy("abort");
        using var refused = await host.Http.SendAsync(nobody);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(2, host.Wished.Count);
    }

    [Theory]
    [InlineData("store")]
    [InlineData("late")]
    [InlineData("lost")]
    public async Task A_wish_that_comes_to_nothing_is_written_down_as_failed(string how)
    {
        using var said = new SaidLines();
        await using var host = await StartAsync(before: services => services.AddSingleton<ILoggerProvider>(said));
        using var leaving = new CancellationTokenSource();
        if (how == "lost")
        {
            host.Answer = static _ => null;
            host.Readiness.Hold("the store was deleted");
        }
        else
        {
            host.Answering = async stop =>
            {
                if (how == "store") throw new StoreUnavailableException("the disk is full: free some space");
                // The caller leaves once the wish has arrived: before, there is nothing to write down.
                await leaving.CancelAsync();
                await new TaskCompletionSource().Task.WaitAsync(stop);
            };
        }

        using var channel = host.Channel(request => Show(request, TokenOf("operator")));
        var call = new Rollouts.RolloutsClient(channel).MakeWishAsync(WishOf("pause"), cancellationToken: leaving.Token);
        Assert.Equal(how == "late" ? StatusCode.Cancelled : StatusCode.Unavailable, await StatusOfAsync(call.ResponseAsync));
        await Eventually.TrueAsync(() => said.Lines.Any(IsOfFailure), "the log says it");
        var why = how switch
        {
            "store" => "the disk is full: free some space",
            "late" => "the caller did not wait for the answer; it may be recorded",
            _ => "the store was deleted",
        };
        Assert.Equal(
            $"checkout@default: operator (token) asked to pause from 127.0.0.1 (because): failed: {why}",
            Assert.Single(said.Lines, IsOfFailure));

        static bool IsOfFailure(string line) => line.Contains("): failed: ", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody", HttpStatusCode.Unauthorized)]
    [InlineData("expired", HttpStatusCode.Unauthorized)]
    [InlineData("viewer", HttpStatusCode.Forbidden)]
    [InlineData("operator of staging", HttpStatusCode.Forbidden)]
    [InlineData("admin", HttpStatusCode.OK)]
    public async Task The_metrics_of_all_services_are_for_who_may_read_all(string who, HttpStatusCode expected)
    {
        await using var host = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        Show(request, TokenOf(who));
        using var answer = await host.Http.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
    }

    public void Dispose() => directory.Dispose();

    private readonly Dictionary<string, string> texts = [];

    private Task<ApiHost> StartAsync(string? socket = null, Action<IServiceCollection>? before = null)
    {
        var path = Path.Combine(directory.Path, TokenListFile.Name);
        (string Name, Grant Grant, DateTimeOffset? Ends)[] people =
        [
            ("viewer", new Grant(Role.Viewer, "checkout", "default"), null), ("operator", new Grant(Role.Operator, "checkout"), null),
            ("approver", new Grant(Role.Approver, Environment: "default"), null), ("admin", new Grant(Role.Admin), null),
            ("operator of staging", new Grant(Role.Operator, "search"), null), ("expired", new Grant(Role.Admin), Example.Now),
        ];
        var kept = ImmutableArray.CreateBuilder<Token>();
        foreach (var (name, grant, ends) in people)
        {
            var (token, text) = Token.Make(name, grant, Example.Now.AddDays(-1), ends);
            kept.Add(token);
            texts[name] = text;
        }

        TokenListFile.Write(path, kept.ToImmutable());
        return ApiHost.StartAsync(
            Example.Facts, path, socket, before ?? (static _ => { }), [Example.Active(), Example.Quiet("search")]);
    }

    private string? TokenOf(string who) => who switch
    {
        "nobody" => null,
        "hostile" => $"tctl_{texts["admin"].Split('_')[1]}_{new string('0', 64)}",
        _ => texts[who],
    };

    private static void Show(HttpRequestMessage request, string? token)
    {
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    private static HttpRequestMessage WishBy(string act) => new(HttpMethod.Post, "/v1/services/checkout/wishes")
    {
        Content = new StringContent(
            Google.Protobuf.JsonFormatter.Default.Format(WishOf(act)), System.Text.Encoding.UTF8, "application/json"),
    };

    private static MakeWishRequest WishOf(string act) => new()
    {
        Service = "checkout",
        Kind = act,
        Version = act == "publish" ? "v2" : "",
        Who = "somebody else",
        Reason = "because",
    };

    private static async Task<StatusCode> StatusOfAsync<T>(Task<T> call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException refused)
        {
            return refused.StatusCode;
        }
    }
}

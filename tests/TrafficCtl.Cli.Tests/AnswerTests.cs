using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests;

/// <summary>What is said of whatever answers at the admin address, or does not.</summary>
public sealed class AnswerTests
{
    private static readonly string[] All = ["status", "status checkout", "watch", "why x", "history x", "rollouts x", "pause x", "abort x"];

    [Theory]
    [InlineData(200, "<html>", "not a trafficctl daemon's answer: {0}: check --admin")]
    [InlineData(200, "[]", "not a trafficctl daemon's answer: {0}: check --admin")]
    [InlineData(200, "", "not a trafficctl daemon's answer: {0}: check --admin")]
    [InlineData(500, "oops", "HTTP 500: {0}: this is not a trafficctl daemon's answer: check --admin")]
    [InlineData(404, "", "HTTP 404: {0}: this is not a trafficctl daemon's answer: check --admin")]
    [InlineData(302, "", "HTTP 302: {0}: this is not a trafficctl daemon's answer: check --admin")]
    public async Task Takes_another_server_for_what_it_is(int status, string body, string says)
    {
        foreach (var protocols in (HttpProtocols[])[HttpProtocols.Http1, HttpProtocols.Http2])
        {
            await using var server = await OtherServer.StartAsync(protocols, status, "text/html", body);
            foreach (var line in All)
                Assert.Equal(
                    new Run(1, "", $"trafficctl: {string.Format(null, says, server.Address)}\n"),
                    await Run.OfAsync(server.Address, line.Split(' ')));
        }
    }

    [Fact]
    public async Task Takes_something_that_speaks_no_HTTP_for_what_it_is()
    {
        await using var server = RawUpstream.Answering("220 smtp.example ESMTP\r\n");
        var address = server.Address.GetLeftPart(UriPartial.Authority);
        Assert.Equal(
            new Run(1, "", $"trafficctl: not a trafficctl daemon's answer: {address}: check --admin\n"), await Run.OfAsync(address, ["status"]));
    }

    [Fact]
    public async Task Knows_a_daemon_of_before_gRPC_and_shows_it_no_token()
    {
        await using var old = await OtherServer.OldDaemonAsync();
        var run = await Run.InAsync(
            name => name == AskOptions.TokenVariable ? "tctl_a_b" : name == AskOptions.AdminVariable ? old.Address : null, ["status"]);
        Assert.Equal(
            new Run(1, "", $"trafficctl: the daemon is older than this program: {old.Address}: it does not speak gRPC yet: restart it with "
                + "this version\n"),
            run);
        Assert.All(old.Authorizations, Assert.Null);
    }

    [Theory]
    [InlineData(StatusCode.Unimplemented, "Service is unimplemented.",
        "the daemon does not know this call: {0}: it is another program, or of another version than this one: check --admin, or restart it "
            + "with this version")]
    [InlineData(StatusCode.Unauthenticated, "who are you", "unauthenticated: {0}: who are you")]
    [InlineData(StatusCode.PermissionDenied, "not you", "refused: {0}: not you")]
    [InlineData(StatusCode.DeadlineExceeded, "late", "the daemon did not answer within 5 s: {0}: see its log; it may be stopped or overloaded")]
    [InlineData(StatusCode.Unavailable, "gone", "the daemon broke off: {0}: ask again, or see its log (gone)")]
    [InlineData(StatusCode.Internal, "a fault", "the daemon answered Internal: {0}: a fault")]
    public async Task Says_what_a_status_without_details_means(StatusCode code, string detail, string says)
    {
        await using var daemon = (await CannedDaemon.StartAsync()).With("/v1/services", code, detail);
        Assert.Equal(
            new Run(1, "", $"trafficctl: {string.Format(null, says, daemon.Address)}\n"), await Run.OfAsync(daemon.Address, ["status"]));
    }

    [Theory]
    [InlineData("unauthenticated", 401)]
    [InlineData("refused", 403)]
    [InlineData("not the leader", 409)]
    [InlineData("the cluster is not known yet", 503)]
    public async Task Titles_are_those_of_the_HTTP_API(string title, int status)
    {
        await using var daemon = (await CannedDaemon.StartAsync())
            .With("/v1/services", new Problem { Title = title, Detail = "so it is", Status = status });
        Assert.Equal(
            new Run(1, "", $"trafficctl: {title}: {daemon.Address}: so it is\n"), await Run.OfAsync(daemon.Address, ["status"]));
    }

    [Fact]
    public async Task Waits_no_longer_than_its_patience()
    {
        await using var daemon = await CannedDaemon.StartAsync();
        daemon.Hangs = true;
        await using var clock = new RunningClock { Speed = 200 };
        using var client = new AdminClient(new Uri(daemon.Address), clock);
        var late = await Assert.ThrowsAsync<Failure>(() => client.ListServicesAsync(TestContext.Current.CancellationToken));
        Assert.Equal(
            $"the daemon did not answer within 5 s: {daemon.Address}: see its log; it may be stopped or overloaded", late.Message);
    }

    [Fact]
    public async Task Is_interrupted_while_it_waits()
    {
        await using var daemon = await CannedDaemon.StartAsync();
        daemon.Hangs = true;
        using var stop = new CancellationTokenSource();
        var running = Run.OfAsync(daemon.Address, ["status"], stop: stop.Token);
        await Eventually.TrueAsync(() => daemon.Authorizations.Count == 1, "the daemon is asked");
        await stop.CancelAsync();
        Assert.Equal(new Run(1, "", "trafficctl: interrupted\n"), await running);
    }

    [Fact]
    public async Task Asks_for_long_lists_in_pages()
    {
        var first = new ListServicesResponse();
        for (var i = 0; i < 1000; i++)
            first.Services.Add(new ServiceStatus { Service = $"s{i:d4}", Environment = "prod", Target = i == 999 ? "eu" : "" });
        await using var daemon = (await CannedDaemon.StartAsync())
            .With("/v1/services", first)
            .With("/v1/services?after=s0999@prod/eu", new ListServicesResponse { Services = { Example.Ended() } });
        using var client = new AdminClient(new Uri(daemon.Address), TimeProvider.System);
        var all = await client.ListServicesAsync(TestContext.Current.CancellationToken);
        Assert.Equal([.. first.Services, Example.Ended()], all.Services);
    }

    [Fact]
    public async Task Sends_a_wish_whose_answer_was_lost_once_more_under_its_key()
    {
        await using var daemon = (await CannedDaemon.StartAsync())
            .With("/v1/services/x/wishes", new MakeWishResponse { Answered = true, Accepted = true, Answer = "paused" });
        daemon.Breaks = 1;
        Assert.Equal(new Run(0, "x: paused\n", ""), await Run.OfAsync(daemon.Address, ["pause", "x"]));
        Assert.Equal(2, daemon.Wishes.Count);
        Assert.Equal(daemon.Wishes[0], daemon.Wishes[1]);
        Assert.NotEqual("", daemon.Wishes[0].IdempotencyKey);

        daemon.Breaks = 2;
        var run = await Run.OfAsync(daemon.Address, ["resume", "x"]);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"trafficctl: the daemon broke off: {daemon.Address}: ask again", run.Error, StringComparison.Ordinal);
        Assert.Equal(4, daemon.Wishes.Count);
        Assert.NotEqual(daemon.Wishes[0].IdempotencyKey, daemon.Wishes[2].IdempotencyKey);
    }

    [Fact]
    public async Task A_wish_carries_the_key_and_the_generation_that_its_sender_names()
    {
        await using var daemon = (await CannedDaemon.StartAsync())
            .With("/v1/services/x/wishes", new MakeWishResponse { Answered = true, Accepted = true, Answer = "paused" });
        await Run.OfAsync(daemon.Address, ["pause", "x", "--idempotency-key", "k1", "--expected-generation", "0"]);
        await Run.OfAsync(daemon.Address, ["pause", "x"]);
        Assert.Equal(("k1", true, 0), (daemon.Wishes[0].IdempotencyKey, daemon.Wishes[0].HasExpectedGeneration,
            daemon.Wishes[0].ExpectedGeneration));
        Assert.False(daemon.Wishes[1].HasExpectedGeneration);
        var wrong = await Run.OfAsync(daemon.Address, ["pause", "x", "--expected-generation", "-1"]);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Equal(2, daemon.Wishes.Count);
    }
}

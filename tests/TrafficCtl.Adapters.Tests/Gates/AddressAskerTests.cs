using System.Collections.Immutable;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Gates;
using TrafficCtl.Core.Gates;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Gates;

/// <summary>A real server that answers well, badly, late, elsewhere and without end.</summary>
public sealed class AddressAskerTests : IAsyncLifetime
{
    private readonly List<string> asked = [];
    private readonly TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication? server;
    private string root = "";

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        server = builder.Build();
        server.Run(AnswerAsync);
        await server.StartAsync();
        root = server.Urls.Single();
    }

    public async ValueTask DisposeAsync()
    {
        release.TrySetResult();
        await server!.DisposeAsync();
    }

    [Theory]
    [InlineData("status/200", "open", "answered 200: all 12 checks passed")]
    [InlineData("status/204", "open", "answered 204")]
    [InlineData("status/500", "failed", "answered 500")]
    [InlineData("status/404", "failed", "answered 404")]
    [InlineData("status/503", "errored", "that says nothing of the version")]
    [InlineData("status/429", "errored", "that says nothing of the version")]
    [InlineData("here", "open", "answered 200")]
    [InlineData("away", "errored", "sends to another host, localhost")]
    [InlineData("round", "errored", "was redirected 5 times")]
    [InlineData("flood", "open", "answered 200")]
    public async Task An_answer_passes_fails_or_says_nothing(string path, string word, string why)
    {
        var answer = await AskAsync($"{root}/{path}");
        Assert.Equal(word, answer.Word);
        Assert.Contains(why, answer.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_never_answers_is_an_error_at_its_time_limit() => Assert.Contains(
        "has not answered within 300 ms",
        Assert.IsType<GateAnswer.Errored>(await AskAsync($"{root}/never", timeout: TimeSpan.FromMilliseconds(300))).Why,
        StringComparison.Ordinal);

    [Fact]
    public async Task A_fact_is_a_part_of_the_address_and_makes_no_other_one()
    {
        await AskAsync($"{root}/status/200?b={{version}}&r={{rollout}}", version: "v2&admin=1/../x");
        Assert.Equal("/status/200?b=v2%26admin%3D1%2F..%2Fx&r=shop-default-1", Assert.Single(asked));
    }

    [Theory]
    [InlineData("http://10.255.255.1/", "a private address: start the daemon with --allow-address 10.255.255.1")]
    [InlineData("http://169.254.169.254/latest", "a private address")]
    [InlineData("http://[fd00::1]/", "a private address")]
    [InlineData("http://[::ffff:10.0.0.1]/", "a private address")]
    [InlineData("http://0.0.0.0/", "a private address")]
    [InlineData("http://127.0.0.1:1/", "on this machine")]
    [InlineData("http://localhost:1/", "on this machine")]
    public async Task A_private_address_is_not_asked_unless_it_is_allowed(string address, string why)
    {
        var answer = Assert.IsType<GateAnswer.Errored>(await AskAsync(address, mayAskLoopback: false));
        Assert.Contains(why, answer.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_allowed_network_is_asked()
    {
        Assert.Equal("errored", (await AskAsync($"{root}/status/200", mayAskLoopback: false)).Word);
        Assert.Equal("open", (await AskAsync($"{root}/status/200", mayAskLoopback: false, allowed: [IPNetwork.Parse("127.0.0.0/8")])).Word);
    }

    [Fact]
    public async Task Nobody_there_is_an_error()
    {
        var answer = Assert.IsType<GateAnswer.Errored>(await AskAsync("http://127.0.0.1:1/"));
        Assert.Contains("cannot be asked", answer.Why, StringComparison.Ordinal);
    }

    private static Task<GateAnswer> AskAsync(
        string address, bool mayAskLoopback = true, TimeSpan? timeout = null, ImmutableArray<IPNetwork>? allowed = null,
        string version = "v2")
    {
        var facts = new VerifyFacts(
            "shop-default-1", 1, ImmutableSortedDictionary<string, string>.Empty.Add("version", version).Add("rollout", "shop-default-1"));
        return new AddressAsker(allowed ?? [], TimeProvider.System)
            .AskAsync(new Verification.Fetch(address, mayAskLoopback), timeout ?? TimeSpan.FromMinutes(1), facts, default);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        lock (asked) asked.Add(context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget);
        switch (path)
        {
            case "/here":
                context.Response.Redirect("/status/200");
                break;
            case "/round":
                context.Response.Redirect("/round");
                break;
            case "/away":
                context.Response.Redirect($"http://localhost:{new Uri(root).Port}/status/200");
                break;
            case "/never":
                await release.Task;
                break;
            case "/flood":
                for (var i = 0; i < 10_000 && !context.RequestAborted.IsCancellationRequested; i++)
                    await context.Response.WriteAsync(new string('x', 1000), context.RequestAborted);
                break;
            default:
                context.Response.StatusCode = int.Parse(path[8..]);
                if (context.Response.StatusCode != 204) await context.Response.WriteAsync("all 12 checks passed\nand more\n");
                break;
        }
    }
}

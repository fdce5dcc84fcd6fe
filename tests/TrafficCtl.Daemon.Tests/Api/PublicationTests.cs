using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

public sealed class PublicationTests : IDisposable
{
    private static readonly string First = "sha256:" + new string('a', 64), Other = "sha256:" + new string('b', 64);

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_version_is_recorded_once_with_all_that_was_said_of_it()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var request = Request("v9", First);
        request.Artifact = "ghcr.io/acme/checkout";
        request.Commit = "0123abc";
        request.Author = "ana";
        request.Change = "https://git.example/checkout/pull/7";
        request.Compatibility = "forward-only";
        request.IdempotencyKey = "build-17";
        var first = await PublishAsync(host, request);
        Assert.False(first.Known);
        Assert.Equal(("v9", First, "forward-only"), (first.Published.Version, first.Published.Digest, first.Published.Compatibility));
        Assert.Equal(("ana", false), (first.Published.Author, first.Published.AuthorVerified));
        Assert.Equal(
            ("ghcr.io/acme/checkout", "0123abc", "https://git.example/checkout/pull/7"),
            (first.Published.Artifact, first.Published.Commit, first.Published.Change));

        request.Commit = "another";
        var again = await PublishAsync(host, request);
        Assert.Equal((true, first.Published), (again.Known, again.Published));
        await PublishAsync(host, Request("v10", Other));
        var all = await host.GetAsync<ListPublicationsResponse>("/v1/services/checkout/publications");
        Assert.Equal(["v9", "v10"], all.Versions.Select(static v => v.Version));
        Assert.Equal(("reversible", false), (all.Versions[1].Compatibility, all.Versions[1].HasCommit));
    }

    [Fact]
    public async Task The_same_version_with_another_digest_is_refused_by_both_protocols_and_written_down()
    {
        using var said = new SaidLines();
        await using var host = await ApiHost.StartAsync(
            Example.Facts, services => services.AddSingleton<ILoggerProvider>(said), Example.Active());
        await PublishAsync(host, Request("v9", First));
        using var response = await host.PublishAsync(JsonFormatter.Default.Format(Request("v9", Other)));
        var problem = await ApiHost.ProblemOf(response, HttpStatusCode.Conflict);
        Assert.Equal("other digest", problem.Title);
        Assert.Equal(
            $"checkout v9 was published as {First}; a version never changes, publish the new content under another name", problem.Detail);

        using var channel = host.Channel();
        var client = new Rollouts.RolloutsClient(channel);
        var refused = await Assert.ThrowsAsync<RpcException>(() => client.PublishAsync(Request("v9", Other)).ResponseAsync);
        Assert.Equal((StatusCode.AlreadyExists, problem.Detail), (refused.StatusCode, refused.Status.Detail));
        Assert.Equal(2, said.Lines.Count(line => line.Contains($"may not publish v9 ({Other})", StringComparison.Ordinal)));
        Assert.Single((await host.GetAsync<ListPublicationsResponse>("/v1/services/checkout/publications")).Versions);
    }

    [Fact]
    public async Task A_key_that_was_used_for_another_version_is_refused()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var request = Request("v9", First);
        request.IdempotencyKey = "build-17";
        await PublishAsync(host, request);
        request.Version = "v10";
        using var response = await host.PublishAsync(JsonFormatter.Default.Format(request));
        var problem = await ApiHost.ProblemOf(response, HttpStatusCode.Conflict);
        Assert.Equal("key was used", problem.Title);
        Assert.Contains("was used for v9", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_verified_caller_is_the_author_and_one_without_the_role_publishes_nothing()
    {
        var path = Path.Combine(directory.Path, TokenListFile.Name);
        var (publisher, publishes) = Token.Make("ci", new Grant(Role.Operator, "checkout"), Example.Now.AddDays(-1), null);
        var (viewer, views) = Token.Make("eve", new Grant(Role.Viewer), Example.Now.AddDays(-1), null);
        TokenListFile.Write(path, [publisher, viewer]);
        await using var host = await ApiHost.StartAsync(Example.Facts, path, null, Example.Active());
        var request = Request("v9", First);
        request.Author = "somebody else";

        host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", views);
        using var refused = await host.PublishAsync(JsonFormatter.Default.Format(request));
        var problem = await ApiHost.ProblemOf(refused, HttpStatusCode.Forbidden);
        Assert.Equal("eve is not operator or admin of checkout@default: publish needs that role wherever the service runs", problem.Detail);
        Assert.Empty((await host.GetAsync<ListPublicationsResponse>("/v1/services/checkout/publications")).Versions);

        host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", publishes);
        var published = (await PublishAsync(host, request)).Published;
        Assert.Equal(("ci", true), (published.Author, published.AuthorVerified));
    }

    [Theory]
    [InlineData("""{"digest":"D"}""", "the request names no version")]
    [InlineData("""{"version":"-rf","digest":"D"}""", "the version \"-rf\" does not begin with a letter or a digit")]
    [InlineData(
        """{"version":"v/9","digest":"D"}""", "the version \"v/9\" has other characters than letters, digits, '.', '-', '_' and '+'")]
    [InlineData(
        """{"version":"v9"}""",
        "digest is sha256: and the 64 hexadecimal digits of the content, in lower case, as sha256sum prints them")]
    [InlineData(
        """{"version":"v9","digest":"D","compatibility":"expnd"}""",
        "\"expnd\" is no compatibility (did you mean \"expand\"?); there are reversible, expand, contract, forward-only")]
    [InlineData(
        """{"version":"v9","digest":"D","change":"javascript:x"}""", "change is an address such as https://git.example/shop/pull/7")]
    [InlineData(
        """{"version":"v9","digest":"D","commit":"a\u001bb"}""",
        "commit has the character U+001B (escape); write one line of printable text")]
    [InlineData(
        """{"version":"v9","digest":"D","service":"search"}""", "the body names the service \"search\", the address names \"checkout\"")]
    public async Task What_has_no_plain_meaning_is_refused_and_not_recorded(string json, string expected)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var response = await host.PublishAsync(json.Replace("\"D\"", $"\"{First}\"", StringComparison.Ordinal));
        Assert.Equal(expected, (await ApiHost.ProblemOf(response, HttpStatusCode.BadRequest)).Detail);
        Assert.Empty((await host.GetAsync<ListPublicationsResponse>("/v1/services/checkout/publications")).Versions);
    }

    private static PublishRequest Request(string version, string digest) =>
        new() { Service = "checkout", Version = version, Digest = digest };

    private static async Task<PublishResponse> PublishAsync(ApiHost host, PublishRequest request)
    {
        using var response = await host.PublishAsync(JsonFormatter.Default.Format(request));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonParser.Default.Parse<PublishResponse>(await response.Content.ReadAsStringAsync());
    }
}

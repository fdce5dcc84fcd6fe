using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Tests.Api;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access.Tls;

public sealed class ClientCertificateTests
{
    private const string Ci = "spiffe://acme.example/ci";

    private const string Grants = $$"""
        grants:
          - { certificate: "{{Ci}}", role: operator, service: checkout }
          - { certificate: ana, role: approver }
        """;

    [Fact]
    public async Task A_SPIFFE_id_names_its_bearer_and_the_file_of_grants_says_what_it_may()
    {
        await using var stage = await TlsStage.StartAsync(Grants);
        using var shown = stage.Clients.Shown("CN=somebody", uris: [Ci, "https://acme.example/"]);
        using var channel = stage.Channel(shown);
        var client = new Rollouts.RolloutsClient(channel);
        Assert.Equal(StatusCode.OK, await TlsStage.StatusOfAsync(client.MakeWishAsync(WishOf("pause"))));
        Assert.Equal(Ci, stage.Host.Wished.Single().Who);
        Assert.Equal(StatusCode.PermissionDenied, await TlsStage.StatusOfAsync(client.MakeWishAsync(WishOf("promote-full"))));
        Assert.Equal(HttpStatusCode.NotFound, await stage.AskAsync(shown, "/v1/services/search"));
    }

    [Fact]
    public async Task A_certificate_without_a_SPIFFE_id_is_named_by_its_common_name()
    {
        await using var stage = await TlsStage.StartAsync(Grants);
        using var shown = stage.Clients.Shown("O=acme, CN=ana");
        using var channel = stage.Channel(shown);
        Assert.Equal(
            StatusCode.OK, await TlsStage.StatusOfAsync(new Rollouts.RolloutsClient(channel).MakeWishAsync(WishOf("promote-full"))));
        Assert.Equal("ana", stage.Host.Wished.Single().Who);
    }

    [Theory]
    [InlineData("of another authority of the same name", "is not trusted (")]
    [InlineData("of another authority", "is not trusted (")]
    [InlineData("expired", "is not trusted (NotTimeValid)")]
    [InlineData("not yet valid", "is not trusted (NotTimeValid)")]
    [InlineData("of a server", "is not for clients")]
    [InlineData("without usage", "is not for clients")]
    [InlineData("two ids", "has 2 SPIFFE ids")]
    [InlineData("id without a path", "has an alternative name that is no SPIFFE id")]
    [InlineData("id as common name", "has a SPIFFE id as its common name")]
    [InlineData("two common names", "has several common names")]
    [InlineData("no name", "has neither a SPIFFE id nor a common name")]
    [InlineData("bidirectional", "has a common name that cannot be printed")]
    public async Task A_certificate_that_is_no_identity_ends_the_handshake_and_is_written_down(string what, string why)
    {
        await using var stage = await TlsStage.StartAsync(Grants);
        using var other = new Pki("clients", Example.Now);
        using var later = new Pki("later", Example.Now.AddDays(2));
        if (what == "not yet valid") await File.AppendAllTextAsync(stage.AuthorityFile, $"\n{later.RootPem}\n");
        if (what == "not yet valid")
            await stage.UntilAsync(
                () => Task.FromResult(stage.Host.Service<Daemon.Access.Tls.AdminTls>().Authorities!.Roots.Count == 2), "both are trusted");
        using var shown = what switch
        {
            "of another authority" => later.Shown("CN=ana"),
            "of another authority of the same name" => other.Shown("CN=ana"),
            "expired" => stage.Clients.Shown("CN=ana", until: Example.Now),
            "not yet valid" => later.Shown("CN=ana"),
            "of a server" => stage.Clients.Shown("CN=ana", "server"),
            "without usage" => stage.Clients.Shown("CN=ana", ""),
            "two ids" => stage.Clients.Shown("CN=ana", uris: [Ci, "spiffe://acme.example/other"]),
            "id without a path" => stage.Clients.Shown("CN=ana", uris: ["spiffe://acme.example"]),
            "id as common name" => stage.Clients.Shown($"CN={Ci}"),
            "two common names" => stage.Clients.Shown("CN=ana, CN=root"),
            "bidirectional" => stage.Clients.Shown("CN=ana\u202e"),
            _ => stage.Clients.Shown("O=acme"),
        };
        Assert.Null(await stage.AskAsync(shown));
        // The client tries again by itself.
        var lines = stage.Said.Lines.Where(static line => line.Contains("TLS", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.StartsWith(
            $"Somebody at 127.0.0.1 may not ask for a TLS connection: its certificate {why}", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_chain_by_an_intermediate_authority_is_followed()
    {
        await using var stage = await TlsStage.StartAsync(Grants);
        using var between = stage.Clients.Intermediate("team");
        using var shown = between.Shown("CN=ana");
        Assert.Equal(HttpStatusCode.OK, await stage.AskAsync(shown, beside: between.Root));
        Assert.Null(await stage.AskAsync(shown));
    }

    [Fact]
    public async Task Who_shows_no_certificate_may_show_a_token_and_else_nothing()
    {
        await using var stage = await TlsStage.StartAsync(Grants, hasTokens: true);
        Assert.Equal(HttpStatusCode.Unauthorized, await stage.AskAsync(null));
        var (kept, text) = Token.Make("bot", new Grant(Role.Viewer), Example.Now, null);
        TokenListFile.Write(stage.TokensFile, [kept]);
        using var client = stage.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", text);
        await stage.UntilAsync(
            async () => (await client.GetAsync("/v1/services/checkout")).StatusCode == HttpStatusCode.OK, "the token is good");
    }

    [Fact]
    public async Task A_token_goes_before_the_certificate_of_its_connection()
    {
        await using var stage = await TlsStage.StartAsync(Grants);
        using var shown = stage.Clients.Shown("CN=ana");
        using var client = stage.Client(shown);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "tctl_0_0");
        using var response = await client.GetAsync("/v1/services/checkout");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Nobody_is_let_in_by_a_good_certificate_without_a_grant_and_a_grant_that_is_removed_ends_its_watch()
    {
        await using var stage = await TlsStage.StartAsync(Grants);
        using var stranger = stage.Clients.Shown("CN=eve");
        Assert.Equal(HttpStatusCode.NotFound, await stage.AskAsync(stranger));

        using var shown = stage.Clients.Shown("CN=ana");
        using var channel = stage.Channel(shown);
        var client = new Rollouts.RolloutsClient(channel);
        using var watch = client.Watch(new WatchRequest());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        await File.WriteAllTextAsync(stage.GrantsFile, "grants: []\n");
        await EndAsync(stage, watch.ResponseStream);
        Assert.Equal(
            StatusCode.NotFound,
            await TlsStage.StatusOfAsync(client.GetServiceAsync(new GetServiceRequest { Service = "checkout" })));
    }

    [Fact]
    public async Task A_certificate_that_expires_or_loses_its_authority_is_refused_on_its_open_connection_too()
    {
        await using var stage = await TlsStage.StartAsync(Grants);
        using var brief = stage.Clients.Shown("CN=ana", until: Example.Now.AddHours(1));
        using var lasting = stage.Clients.Shown("CN=ana");
        using var first = stage.Client(brief);
        using var second = stage.Client(lasting);
        foreach (var client in (HttpClient[])[first, second])
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/services/checkout")).StatusCode);

        stage.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await first.GetAsync("/v1/services/checkout")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync("/v1/services/checkout")).StatusCode);

        using var other = new Pki("clients", Example.Now);
        await File.WriteAllTextAsync(stage.AuthorityFile, "garbage");
        await stage.UntilAsync(
            () => Task.FromResult(stage.Said.Lines.Any(static line => line.Contains("garbage", StringComparison.Ordinal)
                || line.Contains("no PEM certificate", StringComparison.Ordinal))), "the garbage is reported");
        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync("/v1/services/checkout")).StatusCode);
        await File.WriteAllTextAsync(stage.AuthorityFile, other.RootPem);
        await stage.UntilAsync(
            async () => (await second.GetAsync("/v1/services/checkout")).StatusCode == HttpStatusCode.Unauthorized,
            "the authority is gone");
    }

    private static async Task EndAsync(TlsStage stage, IAsyncStreamReader<ServiceStatus> stream)
    {
        var next = stream.MoveNext(CancellationToken.None);
        await stage.UntilAsync(
            () =>
            {
                if (next is { IsCompletedSuccessfully: true, Result: true }) next = stream.MoveNext(CancellationToken.None);
                return Task.FromResult(next is { IsCompletedSuccessfully: true, Result: false });
            },
            "the stream ends");
    }

    private static MakeWishRequest WishOf(string kind) => new() { Service = "checkout", Kind = kind, Who = "somebody else" };
}

using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Settings;
using TrafficCtl.Proxy.Tests.Routing;
using TrafficCtl.TestKit;
using Xunit;
using static TrafficCtl.Proxy.Tests.Routing.ProxyUnderTest;

namespace TrafficCtl.Proxy.Tests.Upstreams;

public sealed class UpstreamTlsTests : IDisposable
{
    private readonly Authority authority = new();
    private int handshakes;

    public void Dispose() => authority.Dispose();

    [Fact]
    public async Task Trusts_the_authorities_of_the_file_for_requests_and_probes()
    {
        await using var upstream = await ServeAsync(authority.Issue("127.0.0.1"), protocols: HttpProtocols.Http1AndHttp2);
        await using var proxy = await StartAsync(Trusting(upstream.Address, new UpstreamTls { Authorities = authority.File }));

        Assert.Equal("127.0.0.1", await proxy.Client.GetStringAsync("/"));
        Assert.Equal("HTTP/2", upstream.Last.Protocol);
        await proxy.LiveAsync("v1");
    }

    [Fact]
    public async Task Without_the_file_neither_requests_nor_probes_trust_it()
    {
        await using var upstream = await ServeAsync(authority.Issue("127.0.0.1"));
        await using var proxy = await StartAsync(Trusting(upstream.Address, new UpstreamTls()));

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.ConnectFailure);
        await Eventually.TrueAsync(() => Volatile.Read(ref handshakes) >= 3, "probes shake hands too");
        Assert.Equal(0, proxy.Health.HealthOf(Keys.Of(Service), "v1").Probed);
        Assert.Empty(upstream.Seen);
    }

    [Fact]
    public async Task An_authority_of_the_file_stands_in_the_place_of_the_systems_and_of_every_other()
    {
        using var other = new Authority();
        await using var upstream = await ServeAsync(other.Issue("127.0.0.1"));
        await using var proxy = await StartAsync(Trusting(upstream.Address, new UpstreamTls { Authorities = authority.File }));

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
    }

    [Fact]
    public async Task Asks_for_the_named_server_and_sends_its_name_as_host()
    {
        await using var upstream = await ServeAsync(authority.Issue("shop.internal"));
        var tls = new UpstreamTls { Authorities = authority.File, ServerName = "shop.internal" };
        await using var proxy = await StartAsync(Trusting(upstream.Address, tls, "/ready"));

        Assert.Equal("shop.internal", await proxy.Client.GetStringAsync("/"));
        await proxy.LiveAsync("v1");
        Assert.All(upstream.Seen, seen => Assert.Equal($"shop.internal:{upstream.Address.Port}", seen.Header("Host")));
        Assert.Contains(upstream.Seen, seen => seen.Target == "/ready");
    }

    [Fact]
    public async Task A_certificate_of_another_name_is_a_connect_failure()
    {
        await using var upstream = await ServeAsync(authority.Issue("127.0.0.1"));
        var tls = new UpstreamTls { Authorities = authority.File, ServerName = "shop.internal" };
        await using var proxy = await StartAsync(Trusting(upstream.Address, tls));

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        await proxy.CountedAsync(Arm.Stable, Outcome.ConnectFailure);
    }

    [Theory]
    [InlineData(null, "127.0.0.1", HttpStatusCode.OK)]
    [InlineData("shop.internal", "shop.internal", HttpStatusCode.OK)]
    [InlineData(null, "stranger.example", HttpStatusCode.OK)]
    [InlineData("shop.internal", "other.internal", HttpStatusCode.BadGateway)]
    public async Task No_clients_host_decides_whether_an_upstream_is_the_right_one(string? name, string certificate, HttpStatusCode status)
    {
        await using var upstream = await ServeAsync(authority.Issue(certificate));
        var spec = Trusting(upstream.Address, new UpstreamTls { Authorities = authority.File, ServerName = name });
        await using var proxy = await StartAsync(spec.WithProxy(p => p with { KeepsHost = true }));
        using var request = Request(HttpMethod.Get, "/");
        request.Headers.Host = "stranger.example";

        using var response = await proxy.Client.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
        if (status == HttpStatusCode.OK) Assert.Equal("stranger.example", upstream.Last.Header("Host"));
    }

    [Fact]
    public async Task Shows_its_own_certificate_to_upstreams_that_ask_for_one()
    {
        var client = "";
        await using var upstream = await ServeAsync(
            authority.Issue("127.0.0.1"),
            context =>
            {
                client = context.Connection.ClientCertificate!.Subject;
                return Task.CompletedTask;
            },
            asksForCertificate: true);
        var tls = new UpstreamTls { Authorities = authority.File, Certificate = authority.IssueFiles("proxy") };
        await using var proxy = await StartAsync(Trusting(upstream.Address, tls, "/ready"));

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal((HttpStatusCode.OK, "CN=proxy"), (response.StatusCode, client));
        await proxy.LiveAsync("v1");
    }

    [Fact]
    public async Task Takes_any_certificate_where_it_is_not_to_verify()
    {
        await using var upstream = await ServeAsync(authority.Issue("shop.internal"));
        await using var proxy = await StartAsync(Trusting(upstream.Address, new UpstreamTls { IsVerified = false }));

        using var response = await proxy.Client.GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await proxy.LiveAsync("v1");
    }

    [Fact]
    public async Task Changed_files_take_effect_by_themselves_and_bad_ones_leave_the_former_in_force()
    {
        using var other = new Authority();
        await using var upstream = await ServeAsync(authority.Issue("127.0.0.1"));
        var file = other.Write("bundle.pem", File.ReadAllText(other.File));
        var spec = Trusting(upstream.Address, new UpstreamTls { Authorities = file });
        await using var proxy = await StartAsync(spec);
        using (var refused = await proxy.Client.GetAsync("/")) Assert.Equal(HttpStatusCode.BadGateway, refused.StatusCode);

        other.Write("bundle.pem", File.ReadAllText(other.File) + "\n" + File.ReadAllText(authority.File));
        await Eventually.TrueAsync(() => Get(proxy) == HttpStatusCode.OK, "the authority is trusted");
        await proxy.LiveAsync("v1");

        other.Write("bundle.pem", "half of a");
        await Eventually.TrueAsync(() => proxy.Notices.GetValueOrDefault("upstream-tls", "").Length > 0, "it is said");
        var begins = "checkout: the TLS settings of upstreams cannot be used: ";
        Assert.StartsWith(begins, proxy.Notices["upstream-tls"], StringComparison.Ordinal);
        Assert.EndsWith("The former ones stay in force.", proxy.Notices["upstream-tls"], StringComparison.Ordinal);
        Assert.True(proxy.Errors.Lines.TryDequeue(out var line));
        Assert.Contains(begins, line, StringComparison.Ordinal);
        await proxy.Server.ReloadAsync([spec.WithProxy(p => p with { BodyLimit = 1 })], CancellationToken.None);
        Assert.Equal(HttpStatusCode.OK, Get(proxy));

        other.Write("bundle.pem", File.ReadAllText(other.File));
        await Eventually.TrueAsync(() => Get(proxy) == HttpStatusCode.BadGateway, "the authority is trusted no more");
        Assert.Equal("", proxy.Notices["upstream-tls"]);
    }

    [Fact]
    public async Task Files_that_cannot_be_used_change_nothing_and_are_told_with_what_to_do()
    {
        await using var upstream = await ServeAsync(authority.Issue("127.0.0.1"));
        var good = Trusting(upstream.Address, new UpstreamTls { Authorities = authority.File });
        await using var proxy = await StartAsync(good);
        var (client, another) = (authority.IssueFiles("client"), authority.IssueFiles("another"));
        var empty = authority.Write("empty.pem", "no certificate\n");
        (UpstreamTls Tls, string[] Words)[] bad =
        [
            (new UpstreamTls { Authorities = empty },
                [empty, "(upstream.tls.ca)", "there is no PEM certificate in it", "Name PEM files: root certificates"]),
            (new UpstreamTls { Authorities = "/nowhere/ca.pem" }, ["/nowhere/ca.pem is missing"]),
            (new UpstreamTls { Authorities = Path.GetTempPath() }, ["is a directory, not a file"]),
            (new UpstreamTls { Certificate = client with { Key = another.Key } },
                [client.Cert, another.Key, "(upstream.tls.cert and .key)", "a certificate and its key without a passphrase"]),
            (new UpstreamTls { Certificate = client with { Key = empty } }, ["cannot be used"]),
        ];

        foreach (var (tls, words) in bad)
        {
            var changed = good.WithProxy(p => p with { UpstreamTls = tls });
            var refused = await Assert.ThrowsAsync<ListenException>(() => proxy.Server.ReloadAsync([changed], CancellationToken.None));
            Assert.StartsWith("checkout: ", refused.Message, StringComparison.Ordinal);
            Assert.All(words, word => Assert.Contains(word, refused.Message, StringComparison.Ordinal));
        }

        Assert.Equal("127.0.0.1", await proxy.Client.GetStringAsync("/"));
    }

    private static HttpStatusCode Get(ProxyUnderTest proxy)
    {
        using var response = proxy.Client.GetAsync("/").GetAwaiter().GetResult();
        return response.StatusCode;
    }

    private static ServiceSpec Trusting(Uri upstream, UpstreamTls tls, string? path = null)
    {
        var spec = Spec(("v1", [upstream]));
        var health = new HealthSettings(path, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(20));
        return spec.WithProxy(p => p with { UpstreamTls = tls, Health = health });
    }

    /// <summary>Answers with the name that it was asked for in TLS; with its address where it was asked for none.</summary>
    private Task<Upstream> ServeAsync(
        X509Certificate2 certificate, RequestDelegate? answer = null, HttpProtocols protocols = HttpProtocols.Http1,
        bool asksForCertificate = false) =>
        Upstream.StartAsync(
            answer ?? (context => context.Response.WriteAsync(NameOf(context))), protocols: protocols,
            listen: l => l.UseHttps(https =>
            {
                https.ServerCertificateSelector = (_, _) =>
                {
                    Interlocked.Increment(ref handshakes);
                    return certificate;
                };
                if (!asksForCertificate) return;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.AllowAnyClientCertificate();
            }));

    private static string NameOf(HttpContext context) =>
        context.Features.Get<ITlsHandshakeFeature>()?.HostName is { Length: > 0 } name
            ? name
            : context.Connection.LocalIpAddress!.ToString();
}

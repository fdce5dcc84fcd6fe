using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

/// <summary>A Prometheus that wants a token and is trusted by an authority of its own, over real sockets.</summary>
public sealed class PrometheusAccessTests : IDisposable
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_770_000_000);

    private readonly TemporaryDirectory folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Sends_the_token_of_the_file_and_the_next_one_when_it_is_replaced()
    {
        await using var server = await Server.StartAsync();
        var options = new PrometheusOptions(server.Address) { TokenFile = folder.Write("token", "first\n") };
        Assert.Null(await options.FileProblemAsync(Stop));
        using var http = PrometheusHttp.Connect(options);
        var client = new PrometheusClient(http, options, TimeProvider.System);
        await client.QueryAsync("up", At, Stop);
        // As kubelets do it: another file takes the name.
        File.Move(folder.Write("next", "second"), folder.File("token"), overwrite: true);
        await client.QueryAsync("up", At, Stop);
        Assert.Equal(["Bearer first", "Bearer second"], server.Tokens);
    }

    [Theory]
    [InlineData(null, "there is no such file")]
    [InlineData("", "it is empty")]
    [InlineData(" \n\t", "it is empty")]
    [InlineData("s3cret\ns3cret", "it holds more than one token")]
    [InlineData("s3cret\u00e9", "it holds more than one token")]
    [InlineData("s3cret\0", "it holds more than one token")]
    public async Task Asks_nothing_without_a_token_and_says_which_file_and_not_what_is_in_it(string? content, string why)
    {
        await using var server = await Server.StartAsync();
        var options = new PrometheusOptions(server.Address) { TokenFile = folder.File("token") };
        if (content is not null) folder.Write("token", content);
        using var http = PrometheusHttp.Connect(options);
        var client = new PrometheusClient(http, options, TimeProvider.System);
        var thrown = await Assert.ThrowsAsync<PrometheusException>(() => client.QueryAsync("up", At, Stop));
        Assert.Equal(PrometheusFault.NoToken, thrown.Fault);
        Assert.StartsWith($"the token for Prometheus cannot be read from {folder.File("token")}: {why}", thrown.Message,
            StringComparison.Ordinal);
        Assert.EndsWith("nothing was asked", thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", thrown.ToString(), StringComparison.Ordinal);
        Assert.Empty(server.Tokens);
        Assert.StartsWith($"the token for Prometheus cannot be read from {folder.File("token")}: {why}",
            await options.FileProblemAsync(Stop), StringComparison.Ordinal);

        // It is asked again as soon as there is one.
        folder.Write("token", "good");
        await client.QueryAsync("up", At, Stop);
        Assert.Equal(["Bearer good"], server.Tokens);
    }

    [Fact]
    public async Task A_pipe_holds_no_token_and_nobody_waits_for_its_other_end()
    {
        if (OperatingSystem.IsWindows()) Assert.Skip("pipes with names are another thing there");
        using (var make = Process.Start("mkfifo", folder.File("pipe"))) await make.WaitForExitAsync(Stop);
        await using var server = await Server.StartAsync();
        var options = new PrometheusOptions(server.Address) { TokenFile = folder.File("pipe") };
        Assert.Contains("it is a pipe, not a file; nothing was asked", (await RefusedAsync(options)).Message, StringComparison.Ordinal);
        Assert.Contains("it is a pipe, not a file", await options.FileProblemAsync(Stop), StringComparison.Ordinal);
        Assert.Empty(server.Tokens);
    }

    [Theory]
    [InlineData(401, false, "wants a token: name a file with one (--prometheus-token-file)")]
    [InlineData(403, true, "give one that may query")]
    public async Task Says_what_a_refusal_wants(int code, bool hasToken, string says)
    {
        await using var server = await Server.StartAsync(context => context.Response.StatusCode = code);
        var thrown = await RefusedAsync(
            new PrometheusOptions(server.Address) { TokenFile = hasToken ? folder.Write("token", "s3cret") : null });
        Assert.Contains(says, thrown.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follows_no_redirect_with_its_token()
    {
        await using var other = await Server.StartAsync();
        await using var server = await Server.StartAsync(context =>
            context.Response.Redirect($"{other.Address}login?state=s3cret", permanent: true, preserveMethod: true));
        var thrown = await RefusedAsync(new PrometheusOptions(server.Address) { TokenFile = folder.Write("token", "t") });
        Assert.Contains($"redirects to {other.Address}login: name the address that it redirects to", thrown.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", thrown.Message, StringComparison.Ordinal);
        Assert.Empty(other.Tokens);
    }

    [Fact]
    public async Task Trusts_the_authorities_of_the_file_alone_and_follows_a_replaced_file()
    {
        using var pki = new Pki();
        using var other = new Pki("other");
        await using var server = await Server.StartAsync(certificate: pki.Server());
        var (authorities, token) = (folder.Write("ca.crt", other.RootPem), folder.Write("token", "s3cret"));
        var options = new PrometheusOptions(server.Address) { CaFile = authorities, TokenFile = token };
        Assert.Null(await options.FileProblemAsync(Stop));
        using var http = PrometheusHttp.Connect(options);
        var client = new PrometheusClient(http, options, TimeProvider.System);
        var refused = await Assert.ThrowsAsync<PrometheusException>(() => client.QueryAsync("up", At, Stop));
        Assert.Equal(PrometheusFault.Unreachable, refused.Fault);
        Assert.Contains("its certificate is not trusted (", refused.Message, StringComparison.Ordinal);
        Assert.Contains(folder.File("ca.crt"), refused.Message, StringComparison.Ordinal);
        Assert.Empty(server.Tokens);

        folder.Write("ca.crt", other.RootPem + "\n" + pki.RootPem);
        await client.QueryAsync("up", At, Stop);
        Assert.Equal(["Bearer s3cret"], server.Tokens);
    }

    [Fact]
    public async Task The_systems_authorities_do_not_know_it_and_the_message_says_so()
    {
        using var pki = new Pki();
        await using var server = await Server.StartAsync(certificate: pki.Server());
        var refused = await RefusedAsync(new PrometheusOptions(server.Address));
        Assert.Contains("errors in the certificate chain", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--prometheus-ca", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_another_name_is_refused_whoever_signed_it()
    {
        using var pki = new Pki();
        await using var server = await Server.StartAsync(certificate: pki.Server("prometheus.example"));
        var refused = await RefusedAsync(new PrometheusOptions(server.Address) { CaFile = folder.Write("ca.crt", pki.RootPem) });
        Assert.Contains("its certificate is of another name", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_authorities_that_is_half_replaced_keeps_the_last_ones_and_one_that_never_was_good_is_named()
    {
        using var pki = new Pki();
        await using var server = await Server.StartAsync(certificate: pki.Server());
        var options = new PrometheusOptions(server.Address) { CaFile = folder.File("ca.crt") };
        using var http = PrometheusHttp.Connect(options);
        var client = new PrometheusClient(http, options, TimeProvider.System);
        var missing = await Assert.ThrowsAsync<PrometheusException>(() => client.QueryAsync("up", At, Stop));
        Assert.Contains($"the certificate authorities in {folder.File("ca.crt")} cannot be used: there is no such file",
            missing.Message, StringComparison.Ordinal);

        folder.Write("ca.crt", pki.RootPem);
        await client.QueryAsync("up", At, Stop);
        foreach (var half in (string[])["", pki.RootPem[..200], "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
        {
            folder.Write("ca.crt", half);
            await client.QueryAsync("up", At, Stop);
            Assert.NotNull(await options.FileProblemAsync(Stop));
        }
    }

    [Theory]
    [InlineData("http://prometheus.monitoring:9090", true, false,
        "the token for Prometheus would go to prometheus.monitoring:9090 in the clear")]
    [InlineData("http://127.0.0.1:9090", false, true, "certificate authorities for Prometheus say nothing of http://127.0.0.1:9090/")]
    [InlineData("https://ann:s3cret@prometheus:9090", false, false, "the address of Prometheus has a user or a password in it")]
    [InlineData("https://prometheus:9090/?token=s3cret", false, false, "the address of Prometheus has a query in it")]
    [InlineData("http://127.0.0.1:9090", true, false, null)]
    [InlineData("http://[::1]:9090", true, false, null)]
    [InlineData("http://localhost:9090", true, false, null)]
    [InlineData("https://prometheus.monitoring:9090/sub", true, true, null)]
    public void A_token_goes_over_https_or_stays_on_this_machine(string address, bool token, bool ca, string? problem)
    {
        var options = new PrometheusOptions(new Uri(address)) { TokenFile = token ? "t" : null, CaFile = ca ? "c" : null };
        if (problem is null)
        {
            Assert.Null(options.Problem());
            return;
        }

        Assert.StartsWith(problem, options.Problem(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", options.Problem(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_selector_is_taken_in_one_form_or_refused()
    {
        var address = new Uri("http://p:9090");
        Assert.Equal("cluster=\"eu-1\", tenant=\"shop\"",
            new PrometheusOptions(address) { Selector = "{cluster='eu-1',tenant='shop'}" }.Selector);
        Assert.StartsWith("the selector for Prometheus is not label matchers: a value in quotes is expected",
            new PrometheusOptions(address) { Selector = "cluster=x" }.Problem(), StringComparison.Ordinal);
        Assert.Null((new PrometheusOptions(address) { Selector = "cluster=x" } with { Selector = "cluster='x'" }).Problem());
    }

    /// <summary>Whatever the product builds: every selector of every query of every preset, and of saturation.</summary>
    [Fact]
    public void Every_selector_of_every_built_in_query_has_the_matchers()
    {
        const string Selector = "cluster=\"eu-1\", tenant=\"shop\"";
        var queries = new List<string> { Saturation.Query(["checkout"], ["shop"], Selector) };
        foreach (var signal in PresetList.All.SelectMany(p => (SignalQuery[])[p.Requests, p.Latency]))
            queries.Add(QueryText.Counters(signal, ["checkout"], ["shop"], Selector));
        foreach (var query in queries)
        {
            var selectors = Selectors(query);
            Assert.NotEmpty(selectors);
            Assert.All(selectors, s => Assert.EndsWith(", " + Selector, s, StringComparison.Ordinal));
        }
    }

    private static ImmutableArray<string> Selectors(string query)
    {
        var found = ImmutableArray.CreateBuilder<string>();
        var (from, inString) = (-1, false);
        for (var at = 0; at < query.Length; at++)
        {
            if (inString && query[at] == '\\') at++;
            else if (query[at] == '"') inString = !inString;
            else if (!inString && query[at] == '{') from = at + 1;
            else if (!inString && query[at] == '}') found.Add(query[from..at]);
        }

        return found.ToImmutable();
    }

    private static async Task<PrometheusException> RefusedAsync(PrometheusOptions options)
    {
        using var http = PrometheusHttp.Connect(options);
        return await Assert.ThrowsAsync<PrometheusException>(() =>
            new PrometheusClient(http, options, TimeProvider.System).QueryAsync("up", At, Stop));
    }

    private sealed class Server(WebApplication app, Uri address, List<string> tokens) : IAsyncDisposable
    {
        public Uri Address => address;

        /// <summary>Authorization of each query.</summary>
        public IReadOnlyList<string> Tokens => tokens;

        public static async Task<Server> StartAsync(Action<HttpContext>? instead = null, X509Certificate2? certificate = null)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l =>
            {
                if (certificate is not null) l.UseHttps(certificate);
            }));
            var host = builder.Build();
            var tokens = new List<string>();
            host.Run(async context =>
            {
                if (instead is not null)
                {
                    instead(context);
                    return;
                }

                tokens.Add(context.Request.Headers.Authorization.ToString());
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(PrometheusClientTests.Vector(""));
            });
            await host.StartAsync(Stop);
            return new Server(host,
                new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()), tokens);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}

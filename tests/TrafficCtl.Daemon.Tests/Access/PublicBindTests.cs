using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using TrafficCtl.Adapters.Tls;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access;

/// <summary>An address that other machines reach: with TLS, and only where it asks who is there.</summary>
public sealed class PublicBindTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();
    private readonly Pki pki = new();
    private string text = "";

    private string Grants => Path.Combine(directory.Path, "grants.yaml");

    private string Authorities => Path.Combine(directory.Path, "clients.pem");

    private string Tokens => Path.Combine(directory.Path, TokenListFile.Name);

    [Theory]
    [InlineData("nothing", "nobody would be asked who is there: make a token")]
    [InlineData("grants alone", "nobody would be asked who is there: make a token")]
    [InlineData("no TLS", "add --admin-tls-cert FILE --admin-tls-key FILE")]
    [InlineData("in the clear", "write https://0.0.0.0:0 and add --admin-tls-cert FILE --admin-tls-key FILE")]
    [InlineData("certificates without grants", "--admin-client-ca needs --grants FILE")]
    [InlineData("OIDC without grants", "--oidc-issuer needs --grants FILE")]
    [InlineData("no such certificate", "Name a PEM certificate and its PEM key")]
    [InlineData("no such authorities", "Name a PEM file of root certificates with --admin-client-ca")]
    public async Task Is_refused_with_what_to_add(string what, string says)
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var options = Secure(daemon.Options);
        await File.WriteAllTextAsync(Grants, "grants: []\n");
        options = what switch
        {
            "grants alone" => options with { Grants = Grants },
            "no TLS" => options with { AdminTls = null },
            "in the clear" => options with { Admin = new Uri("http://0.0.0.0:0"), AdminTls = null },
            "certificates without grants" => options with { AdminClientCa = Authorities },
            "OIDC without grants" => options with { Oidc = new OidcOptions("https://login.example.com", "trafficctl") },
            "no such certificate" => options with { AdminTls = new TlsFiles("/nowhere.crt", "/nowhere.key") },
            "no such authorities" => options with { AdminClientCa = "/nowhere.pem", Grants = Grants },
            _ => options,
        };
        Assert.Contains(says, Assert.Single(await daemon.RefusedAsync(options)), StringComparison.Ordinal);
    }

    /// <summary>The address is none of this machine, so that nothing is opened: what is left to say is that it cannot be bound.</summary>
    [Theory]
    [InlineData("tokens")]
    [InlineData("tokens of the data directory")]
    [InlineData("certificates")]
    [InlineData("OIDC")]
    public async Task Is_accepted_where_one_way_of_knowing_who_asks_is_set_up(string what)
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var options = (await WithAsync(what, daemon)) with { Admin = new Uri("https://192.0.2.1:9443") };
        Assert.StartsWith(
            "the admin API cannot listen on 192.0.2.1:9443", Assert.Single(await daemon.RefusedAsync(options)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokens")]
    [InlineData("tokens of the data directory")]
    [InlineData("certificates")]
    [InlineData("OIDC")]
    public async Task Lets_in_who_shows_a_token_and_nobody_else(string what)
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await using var host = await DaemonHost.StartAsync(
            (await WithAsync(what, daemon)) with { Admin = new Uri("https://127.0.0.1:0") }, default);
        Assert.Equal(Uri.UriSchemeHttps, host.Admin.Scheme);
        using var client = Client();
        var address = new Uri(host.Admin, "/v1/services");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(address)).StatusCode);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", text);
        Assert.Equal(
            what.StartsWith("tokens", StringComparison.Ordinal) ? HttpStatusCode.OK : HttpStatusCode.Unauthorized,
            (await client.GetAsync(address)).StatusCode);
    }

    [Fact]
    public async Task A_daemon_does_not_start_with_grants_that_are_wrong_and_names_each_problem()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await File.WriteAllTextAsync(Grants, "grants:\n  - { certificate: ana, role: king }\n  - { certificate: bob }\n");
        var problems = await daemon.RefusedAsync(daemon.Options with { Grants = Grants });
        Assert.Equal(2, problems.Length);
        Assert.StartsWith($"{Grants}:2:", problems[0], StringComparison.Ordinal);
        Assert.StartsWith($"{Grants}:3:", problems[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Garbage_in_a_file_is_a_warning_of_every_status()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        await File.WriteAllTextAsync(Grants, "grants: []\n");
        await using var host = await DaemonHost.StartAsync(
            Secure(daemon.Options) with { Admin = new Uri("https://127.0.0.1:0"), Grants = Grants }, default);
        using var client = Client();
        await File.WriteAllTextAsync(Path.Combine(directory.Path, "tls.crt"), "garbage");
        await File.WriteAllTextAsync(Grants, "grants: [{ role: viewer }]\n");
        foreach (var warning in (string[])["the admin API: the certificate", "needs one of token, certificate"])
            await Eventually.TrueAsync(
                async () => (await client.GetStringAsync(new Uri(host.Admin, "/v1/services/shop"))).Contains(
                    warning, StringComparison.Ordinal),
                $"status warns of \"{warning}\"");
    }

    public void Dispose()
    {
        pki.Dispose();
        directory.Dispose();
    }

    private HttpClient Client() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        SslOptions = new() { CertificateChainPolicy = RootTrust.PolicyOf([pki.Root]) },
    });

    private async Task<DaemonOptions> WithAsync(string what, RealDaemon daemon)
    {
        await File.WriteAllTextAsync(Grants, "grants: []\n");
        await File.WriteAllTextAsync(Authorities, pki.RootPem);
        var (kept, shown) = Token.Make("ci", new Grant(Role.Viewer), TimeProvider.System.GetUtcNow(), null);
        text = shown;
        if (what == "tokens") TokenListFile.Write(Tokens, [kept]);
        if (what == "tokens of the data directory") TokenListFile.Write(Path.Combine(daemon.Data, TokenListFile.Name), [kept]);
        var options = Secure(daemon.Options);
        return what switch
        {
            "tokens" => options with { Tokens = Tokens },
            "certificates" => options with { AdminClientCa = Authorities, Grants = Grants },
            "OIDC" => options with { Oidc = new OidcOptions("https://login.example.invalid", "trafficctl"), Grants = Grants },
            _ => options,
        };
    }

    private DaemonOptions Secure(DaemonOptions options)
    {
        using var certificate = pki.Server();
        var files = new TlsFiles(Path.Combine(directory.Path, "tls.crt"), Path.Combine(directory.Path, "tls.key"));
        File.WriteAllText(files.Cert, certificate.ExportCertificatePem());
        File.WriteAllText(files.Key, certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return options with { Admin = new Uri("https://0.0.0.0:0"), AdminTls = files };
    }
}

using TrafficCtl.Cli.Invocation;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests;

/// <summary>By which ways a daemon is asked, and what is shown it on each.</summary>
public sealed class AddressTests : IDisposable
{
    private const string Token = "tctl_a_b";

    private readonly TemporaryDirectory directory = new();

    [Fact]
    public async Task A_daemon_is_asked_by_its_socket()
    {
        var path = Path.Combine(directory.Path, "admin.sock");
        await using var daemon = (await CannedDaemon.OnSocketAsync(path)).With("/v1/services", Example.All());
        var run = await Run.OfAsync("status", "--admin", $"unix:{path}");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(run, await Run.OfAsync($"unix://{path}", ["status"]));
        GoldenText.Check("status-list", run.Out);
    }

    [Fact]
    public async Task A_socket_that_nobody_listens_at_is_named()
    {
        var path = Path.Combine(directory.Path, "gone.sock");
        var run = await Run.OfAsync("status", "--admin", $"unix:{path}");
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"trafficctl: no daemon answers: unix:{path}: start one with ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix:", "names no socket")]
    [InlineData("unix:/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789", "107 bytes")]
    [InlineData("127.0.0.1:9180", "is not an address such as http://127.0.0.1:9180")]
    [InlineData("ftp://127.0.0.1", "is not an address such as http://127.0.0.1:9180")]
    public async Task What_is_no_address_is_refused(string address, string says)
    {
        var run = await Run.OfAsync("status", "--admin", address);
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_goes_to_this_machine_in_the_clear_and_to_others_by_TLS_alone()
    {
        using var pki = new Pki();
        var authority = await WriteAsync("ca.pem", pki.RootPem);
        await using var plain = (await CannedDaemon.StartAsync()).With("/v1/services", Example.All());
        await using var secure = (await CannedDaemon.WithTlsAsync(pki.Server())).With("/v1/services", Example.All());
        Assert.Equal(0, (await AskAsync(Token, "--admin", plain.Address)).ExitCode);
        Assert.Equal(0, (await AskAsync(Token, "--admin", secure.Address, "--ca", authority)).ExitCode);
        Assert.Equal([$"Bearer {Token}"], plain.Authorizations);
        Assert.Equal([$"Bearer {Token}"], secure.Authorizations);
        var refused = await AskAsync(Token, "--admin", "http://192.0.2.1:9180");
        Assert.Equal(
            new Run(1, "", "trafficctl: refused: 192.0.2.1:9180: the token of TRAFFICCTL_TOKEN would go there in the clear: use https://, an "
                + "SSH tunnel or kubectl port-forward\n"),
            refused);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_or_another_name_is_refused_before_the_token_is_shown()
    {
        using var pki = new Pki();
        using var other = new Pki();
        var (authority, another) = (await WriteAsync("ca.pem", pki.RootPem), await WriteAsync("other.pem", other.RootPem));
        await using var daemon = (await CannedDaemon.WithTlsAsync(pki.Server())).With("/v1/services", Example.All());
        await using var named = (await CannedDaemon.WithTlsAsync(pki.Server("daemon.example"))).With("/v1/services", Example.All());
        foreach (var args in (string[][])
            [["--admin", daemon.Address], ["--admin", daemon.Address, "--ca", another], ["--admin", named.Address, "--ca", authority]])
        {
            var run = await AskAsync(Token, args);
            Assert.Equal((1, ""), (run.ExitCode, run.Out));
            Assert.StartsWith($"trafficctl: TLS failed: {args[1]}: ", run.Error, StringComparison.Ordinal);
            Assert.Contains("--ca", run.Error, StringComparison.Ordinal);
        }

        Assert.Empty(daemon.Authorizations);
        Assert.Empty(named.Authorizations);
    }

    [Fact]
    public async Task A_client_certificate_is_shown_to_a_daemon_that_asks_for_one()
    {
        using var pki = new Pki();
        var (certificate, key) = pki.Client("ana", isElliptic: true);
        var (certificateFile, keyFile) = (await WriteAsync("ana.pem", certificate), await WriteAsync("ana.key", key));
        var authority = await WriteAsync("ca.pem", pki.RootPem);
        await using var daemon = (await CannedDaemon.WithTlsAsync(pki.Server(), pki.Root)).With("/v1/services", Example.All());
        var run = await AskAsync(
            null, "--admin", daemon.Address, "--ca", authority, "--cert", certificateFile, "--key", keyFile);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var byVariables = await Run.InAsync(
            name => name switch
            {
                AskOptions.AdminVariable => daemon.Address,
                CertificateFlags.AuthoritiesVariable => authority,
                CertificateFlags.CertificateVariable => certificateFile,
                CertificateFlags.KeyVariable => keyFile,
                _ => null,
            },
            ["status"]);
        Assert.Equal(run, byVariables);
        Assert.Equal(["CN=ana", "CN=ana"], daemon.Certificates);
        Assert.Equal(1, (await AskAsync(null, "--admin", daemon.Address, "--ca", authority)).ExitCode);
    }

    [Fact]
    public async Task A_daemon_with_TLS_that_is_asked_in_the_clear_is_asked_for_by_https()
    {
        using var pki = new Pki();
        await using var daemon = (await CannedDaemon.WithTlsAsync(pki.Server())).With("/v1/services", Example.All());
        var run = await Run.OfAsync("status", "--admin", daemon.Address.Replace("https:", "http:", StringComparison.Ordinal));
        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains("https://", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_cannot_be_used_are_named()
    {
        using var pki = new Pki();
        var (certificate, key) = pki.Client("ana", isElliptic: false);
        var (_, otherKey) = pki.Client("ben", isElliptic: false);
        var (certificateFile, keyFile) = (await WriteAsync("ana.pem", certificate), await WriteAsync("ana.key", key));
        var (otherFile, garbage) = (await WriteAsync("ben.key", otherKey), await WriteAsync("garbage.pem", "garbage"));
        const string Admin = "https://127.0.0.1:9";
        var missing = Path.Combine(directory.Path, "missing.pem");
        foreach (var (args, file, exit) in ((string[], string, int)[])
        [
            (["--ca", missing], missing, 1),
            (["--ca", garbage], garbage, 1),
            (["--cert", garbage, "--key", keyFile], garbage, 1),
            (["--cert", certificateFile, "--key", otherFile], otherFile, 1),
            (["--cert", certificateFile], certificateFile, 2),
            (["--key", keyFile], keyFile, 2),
        ])
        {
            var run = await AskAsync(null, ["--admin", Admin, .. args]);
            Assert.Equal((exit, ""), (run.ExitCode, run.Out));
            Assert.Contains(file, run.Error, StringComparison.Ordinal);
        }

        var plain = await AskAsync(null, "--admin", "http://127.0.0.1:9", "--ca", garbage);
        Assert.Equal(
            new Run(2, "", "trafficctl: no TLS: http://127.0.0.1:9: --ca is for an https:// address: name one with --admin\n"), plain);
    }

    public void Dispose() => directory.Dispose();

    private static Task<Run> AskAsync(string? token, params string[] args) =>
        Run.InAsync(name => name == AskOptions.TokenVariable ? token : null, ["status", .. args]);

    private async Task<string> WriteAsync(string name, string text)
    {
        var path = Path.Combine(directory.Path, name);
        await File.WriteAllTextAsync(path, text);
        return path;
    }
}

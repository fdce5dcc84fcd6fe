using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TrafficCtl.Adapters.Tls;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Access.Tls;

public sealed class AdminTlsTests
{
    [Fact]
    public async Task Answers_HTTP_1_1_and_gRPC_over_TLS_on_one_port()
    {
        await using var stage = await TlsStage.StartAsync();
        using var client = stage.Client();
        using var response = await client.GetAsync("/v1/services/checkout");
        Assert.Equal((HttpStatusCode.OK, new Version(1, 1)), (response.StatusCode, response.Version));
        using var channel = stage.Channel();
        var status = await new Rollouts.RolloutsClient(channel).GetServiceAsync(new GetServiceRequest { Service = "checkout" });
        Assert.Equal("checkout", status.Service);
    }

    [Fact]
    public async Task Answers_nobody_in_the_clear()
    {
        await using var stage = await TlsStage.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await Assert.ThrowsAsync<HttpRequestException>(
            () => client.GetAsync($"http://{stage.Host.Address.Authority}/v1/services"));
    }

    [Fact]
    public async Task A_changed_certificate_is_in_force_for_the_next_connection_and_garbage_keeps_the_last_good_one()
    {
        await using var stage = await TlsStage.StartAsync();
        using var renewed = stage.Servers.Server();
        stage.Serve(renewed);
        await stage.UntilAsync(async () => await SerialAsync(stage) == renewed.SerialNumber, "the new certificate is shown");

        await File.WriteAllTextAsync(stage.CertificateFile, "garbage");
        await stage.UntilAsync(
            () => Task.FromResult(stage.Said.Lines.Any(static line => line.Contains("cannot be used", StringComparison.Ordinal))),
            "the garbage is reported");
        var line = Assert.Single(stage.Said.Lines, static line => !line.StartsWith("Health check", StringComparison.Ordinal));
        Assert.StartsWith($"the admin API: the certificate {stage.CertificateFile} with the key", line, StringComparison.Ordinal);
        Assert.Contains("The former one stays in force", line, StringComparison.Ordinal);
        Assert.Equal(renewed.SerialNumber, await SerialAsync(stage));

        using var mended = stage.Servers.Server();
        stage.Serve(mended);
        await stage.UntilAsync(async () => await SerialAsync(stage) == mended.SerialNumber, "the mended certificate is shown");
    }

    [Theory]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("admin.example", HttpStatusCode.OK)]
    [InlineData("ADMIN.example:9443", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.Forbidden)]
    [InlineData("10.0.0.5", HttpStatusCode.Forbidden)]
    public async Task Answers_to_the_names_of_its_certificate_and_of_this_machine_alone(string host, HttpStatusCode expected)
    {
        await using var stage = await TlsStage.StartAsync();
        using var named = stage.Servers.Server("admin.example");
        stage.Serve(named);
        await stage.UntilAsync(
            async () => await SerialAsync(stage) == named.SerialNumber, "the certificate of the name is shown");
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new()
            {
                CertificateChainPolicy = RootTrust.PolicyOf([stage.Servers.Root]),
                RemoteCertificateValidationCallback =
                    static (_, _, _, errors) => errors is SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateNameMismatch,
            },
        };
        using var client = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(stage.Host.Address, "/v1/services"));
        request.Headers.Host = host;
        using var response = await client.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
    }

    private static async Task<string?> SerialAsync(TlsStage stage)
    {
        string? serial = null;
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new()
            {
                RemoteCertificateValidationCallback = (_, shown, _, _) =>
                {
                    serial = ((X509Certificate2)shown!).SerialNumber;
                    return shown is not null;
                },
            },
        };
        using var client = new HttpClient(handler);
        using var response = await client.GetAsync(new Uri(stage.Host.Address, "/healthz"));
        return serial;
    }
}

using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Access;

public sealed class TlsTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Trusts_the_authority_of_the_cluster_and_nobody_else()
    {
        using var pki = new Pki();
        using var other = new Pki("other");
        await using var server = await TlsServer.StartAsync(pki.Server());

        Assert.Equal("HTTP/2 nobody", await AskAsync(server.Access with { Authorities = new FixedAuthorities([other.Root, pki.Root]) }));
        Assert.Equal("HTTP/2 nobody", await AskAsync(server.Access with { SkipsTlsVerification = true }));
        foreach (var access in new[] { server.Access, server.Access with { Authorities = new FixedAuthorities([other.Root]) } })
        {
            var refused = await Assert.ThrowsAsync<KubeException>(() => AskAsync(access));
            Assert.Contains(
                "The TLS handshake failed: check the certificate authority and the client certificate of the test.", refused.Message);
        }
    }

    [Fact]
    public async Task Expects_the_name_that_it_was_told()
    {
        using var pki = new Pki();
        await using var server = await TlsServer.StartAsync(pki.Server("api.acme.io"));
        var access = server.Access with { Authorities = new FixedAuthorities([pki.Root]) };

        await Assert.ThrowsAsync<KubeException>(() => AskAsync(access));
        Assert.Equal("HTTP/2 nobody", await AskAsync(access with { TlsServerName = "api.acme.io" }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Shows_its_client_certificate_and_the_next_one(bool isElliptic)
    {
        using var pki = new Pki();
        await using var server = await TlsServer.StartAsync(pki.Server());
        var credentials = new Changing { Now = Of("one") };
        var access = server.Access with { Authorities = new FixedAuthorities([pki.Root]), Credentials = credentials };
        using var client = new KubeClient(access, TimeProvider.System);

        Assert.Equal("HTTP/2 CN=one", await AskAsync(client));
        credentials.Now = Of("two");
        Assert.Equal("HTTP/2 CN=two", await AskAsync(client));

        KubeCredential Of(string name)
        {
            var pem = pki.Client(name, isElliptic);
            var (certificate, chain) = ClientCertificate.Read(pem.Certificate, pem.Key);
            return new KubeCredential(null, certificate, chain);
        }
    }

    private static async Task<string> AskAsync(KubeAccess access)
    {
        using var client = new KubeClient(access, TimeProvider.System, KubeClientOptions.Default with { MostRetries = 0 });
        return await AskAsync(client);
    }

    private static async Task<string> AskAsync(KubeClient client) =>
        (await client.GetAsync(KubeStage.Named("a"), Stop))!["said"]!.GetValue<string>();

    private sealed class Changing : IKubeCredentials
    {
        public required KubeCredential Now { get; set; }

        public ValueTask<KubeCredential> GetAsync(CancellationToken stop) => ValueTask.FromResult(Now);

        public void Refuse(KubeCredential credential)
        {
            // There is no other.
        }
    }

    private sealed class TlsServer(WebApplication app, Uri address) : IAsyncDisposable
    {
        public KubeAccess Access => new() { Server = address, From = "the test" };

        public static async Task<TlsServer> StartAsync(X509Certificate2 certificate)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate, o =>
            {
                o.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                o.AllowAnyClientCertificate();
            })));
            var host = builder.Build();
            host.Run(context => context.Response.WriteAsync(
                $$"""{"said":"{{context.Request.Protocol}} {{context.Connection.ClientCertificate?.Subject ?? "nobody"}}"}"""));
            await host.StartAsync();
            return new TlsServer(
                host, new Uri(host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()));
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}

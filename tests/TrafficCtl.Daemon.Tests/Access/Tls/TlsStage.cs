using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Tls;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Access;
using TrafficCtl.Daemon.Access.Tls;
using TrafficCtl.Daemon.Tests.Api;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Access.Tls;

/// <summary>An admin API with TLS and what its clients show; the files may be replaced.</summary>
internal sealed class TlsStage : IAsyncDisposable
{
    private readonly TemporaryDirectory directory = new();
    private ApiHost? host;

    /// <summary>The authority of the server, by the clock of the machine.</summary>
    public Pki Servers { get; } = new("servers");

    /// <summary>The authority of clients, by the clock of the process.</summary>
    public Pki Clients { get; } = new("clients", Example.Now);

    public SaidLines Said { get; } = new();

    public ManualClock Clock { get; } = new(Example.Now);

    public ApiHost Host => host!;

    public string CertificateFile => Path.Combine(directory.Path, "tls.crt");

    public string AuthorityFile => Path.Combine(directory.Path, "clients.pem");

    public string GrantsFile => Path.Combine(directory.Path, "grants.yaml");

    public string TokensFile => Path.Combine(directory.Path, TokenListFile.Name);

    private string KeyFile => Path.Combine(directory.Path, "tls.key");

    /// <param name="grants">What the file of grants says; null for no certificates of clients.</param>
    /// <param name="hasTokens">There is a file of tokens, if one was written.</param>
    public static async Task<TlsStage> StartAsync(string? grants = null, bool hasTokens = false)
    {
        var stage = new TlsStage();
        stage.Serve(stage.Servers.Server());
        await File.WriteAllTextAsync(stage.AuthorityFile, stage.Clients.RootPem);
        if (grants is not null) await File.WriteAllTextAsync(stage.GrantsFile, grants);
        var tls = new AdminTls(
            new TlsFiles(stage.CertificateFile, stage.KeyFile), grants is null ? null : stage.AuthorityFile, stage.Clock);
        stage.host = await ApiHost.StartAsync(
            Example.Facts, hasTokens ? stage.TokensFile : null, null, grants is null ? null : stage.GrantsFile, tls, stage.Clock,
            services => services.AddSingleton<ILoggerProvider>(stage.Said), [Example.Active(), Example.Quiet("search")]);
        return stage;
    }

    /// <summary>Replaces the server's certificate.</summary>
    public void Serve(X509Certificate2 certificate)
    {
        File.WriteAllText(KeyFile, certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
    }

    /// <summary>A client on connections of its own.</summary>
    public HttpClient Client(X509Certificate2? shown = null, params X509Certificate2[] beside) =>
        new(Handler(shown, beside)) { BaseAddress = Host.Address };

    public GrpcChannel Channel(X509Certificate2? shown = null) =>
        GrpcChannel.ForAddress(Host.Address, new GrpcChannelOptions { HttpHandler = Handler(shown, []), DisposeHttpClient = true });

    /// <summary>What comes of a call: a status, or the failed handshake.</summary>
    public async Task<HttpStatusCode?> AskAsync(
        X509Certificate2? shown, string path = "/v1/services/checkout", params X509Certificate2[] beside)
    {
        using var client = Client(shown, beside);
        try
        {
            using var response = await client.GetAsync(path);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public Task UntilAsync(Func<Task<bool>> condition, string what) => Eventually.TrueAsync(
        () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            return condition();
        },
        what);

    public static async Task<StatusCode> StatusOfAsync<T>(AsyncUnaryCall<T> call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException refused)
        {
            return refused.StatusCode;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null) await host.DisposeAsync();
        Servers.Dispose();
        Clients.Dispose();
        Said.Dispose();
        directory.Dispose();
    }

    private SocketsHttpHandler Handler(X509Certificate2? shown, X509Certificate2[] beside) => new()
    {
        UseProxy = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = RootTrust.PolicyOf([Servers.Root]),
            ClientCertificateContext =
                shown is null ? null : SslStreamCertificateContext.Create(shown, [.. beside], offline: true),
        },
    };
}

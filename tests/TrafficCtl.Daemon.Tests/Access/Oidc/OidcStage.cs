using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Daemon.Access.Oidc;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Tests.Api;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Access.Oidc;

/// <summary>An admin API that takes the tokens of an issuer.</summary>
internal sealed class OidcStage : IAsyncDisposable
{
    private readonly TemporaryDirectory directory = new();
    private ApiHost? host;
    private FakeIssuer? issuer;

    public ApiHost Host => host!;

    public FakeIssuer Issuer => issuer!;

    public SaidLines Said { get; } = new();

    public ManualClock Clock { get; } = new(Example.Now);

    /// <param name="userClaim">Names the user.</param>
    /// <param name="within">The longest that an answer of the issuer may take.</param>
    public static async Task<OidcStage> StartAsync(string userClaim = OidcOptions.DefaultUserClaim, TimeSpan? within = null)
    {
        var stage = new OidcStage { issuer = await FakeIssuer.StartAsync() };
        var grants = Path.Combine(stage.directory.Path, "grants.yaml");
        await File.WriteAllTextAsync(grants, """
            grants:
              - { oidc-user: ana, role: operator, service: checkout }
              - { oidc-group: leads, role: approver, service: checkout }
            """);
        var options = new OidcOptions(stage.issuer.Address, "trafficctl") { UserClaim = userClaim };
        stage.host = await ApiHost.StartAsync(
            Example.Facts, null, null, grants, null, stage.Clock,
            services =>
            {
                services.AddSingleton<ILoggerProvider>(stage.Said);
                services.AddOidc(options);
                if (within is not null) services.AddSingleton(_ => new OidcFetch(options.Issuer, within));
            },
            [Example.Active(), Example.Quiet("search")]);
        return stage;
    }

    public string Token(Action<System.Text.Json.Nodes.JsonObject>? change = null) => Issuer.Token(Clock.GetUtcNow(), change);

    public async Task<HttpResponseMessage> AskAsync(string? token, string path = "/v1/services/checkout")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await Host.Http.SendAsync(request);
    }

    public async Task<string> RefusedAsync(string token, System.Net.HttpStatusCode status = System.Net.HttpStatusCode.Unauthorized)
    {
        using var response = await AskAsync(token);
        return (await ApiHost.ProblemOf(response, status)).Detail;
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null) await host.DisposeAsync();
        if (issuer is not null) await issuer.DisposeAsync();
        Said.Dispose();
        directory.Dispose();
    }
}

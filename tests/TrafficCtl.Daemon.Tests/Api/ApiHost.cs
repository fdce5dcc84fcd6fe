using System.Collections.Immutable;
using System.Net;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Access.Tls;
using TrafficCtl.Daemon.Access.Verifying;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Api.OpenApi;
using TrafficCtl.Daemon.Api.Promotions;
using TrafficCtl.Daemon.Api.Rpc;
using TrafficCtl.Daemon.Api.Windows;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Daemon.Tests.Api.Promotions;
using TrafficCtl.Daemon.WindowJudging;
using TrafficCtl.Offline.Judging;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

/// <summary>The admin API on a real loopback port, over views and a journal of the test's own.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly TemporaryDirectory directory;

    private ApiHost(WebApplication app, TemporaryDirectory directory, Views views, Journal journal, ManualClock clock)
    {
        (this.app, this.directory, Views, Journal, Clock) = (app, directory, views, journal, clock);
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address };
    }

    public Uri Address => new(app.Urls.First());

    public T Service<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    public Views Views { get; }

    public Journal Journal { get; }

    public ManualClock Clock { get; }

    public HttpClient Http { get; }

    public required PipelineJournal Orders { get; init; }

    public List<Wish> Wished { get; } = [];

    public Func<Wish, WishOutcome?> Answer { get; set; } = wish => new WishOutcome(wish with { Id = 7 }, true, "paused at 25 %");

    /// <summary>What the engine takes to answer; the token is that of the call.</summary>
    public Func<CancellationToken, Task> Answering { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What is mapped, of both protocols.</summary>
    public IEnumerable<RouteEndpoint> Endpoints =>
        ((IEndpointRouteBuilder)app).DataSources.SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>();

    public LimitCounts Limited => app.Services.GetRequiredService<LimitCounts>();

    public WatchCounts Watches => app.Services.GetRequiredService<WatchCounts>();

    public WindowHandlers Judgements => app.Services.GetRequiredService<WindowHandlers>();

    public Readiness Readiness => app.Services.GetRequiredService<Readiness>();

    public static Task<ApiHost> StartAsync(params ServiceView[] services) => StartAsync(Example.Facts, services);

    public static Task<ApiHost> StartAsync(ImmutableArray<Control.Ports.Fact> newestFirst, params ServiceView[] services) =>
        StartAsync(newestFirst, null, null, static _ => { }, services);

    public static Task<ApiHost> StartAsync(
        ImmutableArray<Control.Ports.Fact> newestFirst, Action<IServiceCollection> before, params ServiceView[] services) =>
        StartAsync(newestFirst, null, null, before, services);

    public static Task<ApiHost> StartAsync(
        ImmutableArray<Control.Ports.Fact> newestFirst, string? tokens, string? socket, params ServiceView[] services) =>
        StartAsync(newestFirst, tokens, socket, static _ => { }, services);

    /// <param name="newestFirst">The journal.</param>
    /// <param name="tokens">The file of tokens; null for none.</param>
    /// <param name="socket">The path of a Unix socket; null for none.</param>
    /// <param name="before">Adds services that the API then takes.</param>
    /// <param name="services">What is declared.</param>
    public static Task<ApiHost> StartAsync(
        ImmutableArray<Control.Ports.Fact> newestFirst, string? tokens, string? socket, Action<IServiceCollection> before,
        ServiceView[] services) => StartAsync(newestFirst, tokens, socket, null, null, new ManualClock(Example.Now), before, services);

    /// <param name="newestFirst">The journal.</param>
    /// <param name="tokens">The file of tokens; null for none.</param>
    /// <param name="socket">The path of a Unix socket; null for none.</param>
    /// <param name="grants">The file of grants; null for none.</param>
    /// <param name="tls">TLS of the address; null in the clear.</param>
    /// <param name="clock">The clock of the process.</param>
    /// <param name="before">Adds services that the API then takes.</param>
    /// <param name="services">What is declared.</param>
    public static async Task<ApiHost> StartAsync(
        ImmutableArray<Control.Ports.Fact> newestFirst, string? tokens, string? socket, string? grants, AdminTls? tls, ManualClock clock,
        Action<IServiceCollection> before, ServiceView[] services)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => AdminListener.Configure(kestrel, IPAddress.Loopback, 0, socket, tls));
        // Publications go into a real file, which is made with the first of them.
        var disk = new TemporaryDirectory();
        var views = new Views();
        var journal = new Journal(newestFirst);
        ApiHost? host = null;
        before(builder.Services);
        builder.Services.AddSingleton<IWindowJudge>(new WindowJudge());
        builder.Services.AddSqliteStore(disk.Database);
        builder.Services.AddSingleton(views).AddSingleton<IStore>(journal).AddSingleton<TimeProvider>(clock)
            .AddSingleton<ControlMetrics>().AddAccess(tokens, grants: grants, tls: tls)
            .AddTrafficCtlApi().AddTrafficCtlWindows().AddTrafficCtlPromotions().AddTrafficCtlRpc().AddTelemetry();
        var pipelines = new PromotionViews();
        pipelines.Put(PipelineExample.View(clock.GetUtcNow()));
        var orders = new PipelineJournal(pipelines, clock);
        builder.Services.AddSingleton(pipelines).AddSingleton<IPromotionOrders>(orders);
        builder.Services.AddSingleton<TargetAddresses>(key => key.Service == "checkout" ? new Uri("http://127.0.0.1:43210/") : null);
        builder.Services.AddSingleton<MakeWish>(async (wish, _, stop) =>
        {
            host!.Wished.Add(wish);
            await host.Answering(stop);
            return host.Answer(wish);
        });
        foreach (var view in services) views.Put(view);
        views.Publish();
        var built = builder.Build();
        built.UseAdminLimits();
        built.MapTrafficCtlApi();
        built.MapTrafficCtlWindows();
        built.MapTrafficCtlPromotions();
        built.MapTrafficCtlRpc();
        built.MapOpenApi();
        built.MapMetrics();
        await built.StartAsync();
        return host = new ApiHost(built, disk, views, journal, clock) { Orders = orders };
    }

    /// <summary>A stock gRPC client of it.</summary>
    /// <param name="before">Changes each request on its way.</param>
    public GrpcChannel Channel(
        Action<HttpRequestMessage>? before = null) => GrpcChannel.ForAddress(Http.BaseAddress!, new GrpcChannelOptions
        {
            HttpHandler = new Changing(before ?? (static _ => { })) { InnerHandler = new SocketsHttpHandler { UseProxy = false } },
            DisposeHttpClient = true,
        });

    public async Task<T> GetAsync<T>(string path)
        where T : IMessage, new()
    {
        using var response = await Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonParser.Default.Parse<T>(await response.Content.ReadAsStringAsync());
    }

    public Task<HttpResponseMessage> PublishAsync(string json, string service = "checkout") => Http.PostAsync(
        $"/v1/services/{service}/publications", new StringContent(json, System.Text.Encoding.UTF8, "application/json"));

    public Task<HttpResponseMessage> WishAsync(string json, string mediaType = "application/json", string service = "checkout") =>
        Http.PostAsync($"/v1/services/{service}/wishes", new StringContent(json, System.Text.Encoding.UTF8, mediaType));

    public static async Task<Problem> ProblemOf(HttpResponseMessage response, HttpStatusCode expected)
    {
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonParser.Default.Parse<Problem>(await response.Content.ReadAsStringAsync());
        Assert.Equal((int)expected, problem.Status);
        return problem;
    }

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        directory.Dispose();
    }

    private sealed class Changing(Action<HttpRequestMessage> change) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            change(request);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

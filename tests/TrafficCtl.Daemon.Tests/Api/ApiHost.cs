using System.Collections.Immutable;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Api;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

/// <summary>The admin API on a real loopback port, over views and a journal of the test's own.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication app;

    private ApiHost(WebApplication app, Views views, Journal journal, ManualClock clock)
    {
        (this.app, Views, Journal, Clock) = (app, views, journal, clock);
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public Views Views { get; }

    public Journal Journal { get; }

    public ManualClock Clock { get; }

    public HttpClient Http { get; }

    public List<Wish> Wished { get; } = [];

    public Func<Wish, WishOutcome?> Answer { get; set; } = wish => new WishOutcome(wish with { Id = 7 }, true, "paused at 25 %");

    public Readiness Readiness => app.Services.GetRequiredService<Readiness>();

    public static Task<ApiHost> StartAsync(params ServiceView[] services) => StartAsync(Example.Facts, services);

    public static async Task<ApiHost> StartAsync(ImmutableArray<Control.Ports.Fact> newestFirst, params ServiceView[] services)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0")
            .ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = DaemonServices.AdminBodyLimit);
        var views = new Views();
        var journal = new Journal(newestFirst);
        var clock = new ManualClock(Example.Now);
        ApiHost? host = null;
        builder.Services.AddSingleton(views).AddSingleton<IStore>(journal).AddSingleton<TimeProvider>(clock).AddTrafficCtlApi();
        builder.Services.AddSingleton<TargetAddresses>(key => key.Service == "checkout" ? new Uri("http://127.0.0.1:43210/") : null);
        builder.Services.AddSingleton<MakeWish>((wish, _, _) =>
        {
            host!.Wished.Add(wish);
            return ValueTask.FromResult(host.Answer(wish));
        });
        foreach (var view in services) views.Put(view);
        views.Publish();
        var built = builder.Build();
        built.MapTrafficCtlApi();
        await built.StartAsync();
        return host = new ApiHost(built, views, journal, clock);
    }

    public async Task<T> GetAsync<T>(string path)
        where T : IMessage, new()
    {
        using var response = await Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonParser.Default.Parse<T>(await response.Content.ReadAsStringAsync());
    }

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
    }
}

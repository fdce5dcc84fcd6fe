using System.Net;
using System.Net.ServerSentEvents;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

public class WatchTests
{
    [Fact]
    public async Task Tells_the_present_then_every_change()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        await using var events = await OpenAsync(host, "/v1/services/checkout/watch");
        Assert.Equal("Observing", (await events.NextAsync()).Rollout.Phase);

        host.Views.Put(Example.Active(new Phase.Shifting(2)));
        host.Views.Publish();
        Assert.Equal("Shifting", (await events.NextAsync()).Rollout.Phase);
    }

    [Fact]
    public async Task Refreshes_each_second_without_a_change()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        await using var events = await OpenAsync(host, "/v1/services/checkout/watch");
        Assert.Equal(20, (await events.NextAsync()).Rollout.Remaining.Seconds);

        var next = events.NextAsync();
        await Eventually.TrueAsync(
            () =>
            {
                if (!next.IsCompleted) host.Clock.Advance(TimeSpan.FromSeconds(1));
                return next.IsCompleted;
            },
            "the next state is sent");

        Assert.True((await next).Rollout.Remaining.Seconds < 20);
    }

    [Fact]
    public async Task Tells_of_all_services_in_one_stream()
    {
        await using var host = await ApiHost.StartAsync(Example.Quiet("search"), Example.Active());
        await using var events = await OpenAsync(host, "/v1/watch");
        Assert.Equal(["checkout", "search"], [(await events.NextAsync()).Service, (await events.NextAsync()).Service]);
    }

    [Fact]
    public async Task Ends_when_the_service_is_no_longer_configured()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        await using var events = await OpenAsync(host, "/v1/services/checkout/watch");
        await events.NextAsync();
        host.Views.Remove(Keys.Of("checkout"));
        host.Views.Publish();
        Assert.False(await events.Reader.MoveNextAsync());
    }

    [Fact]
    public async Task Does_not_keep_the_process_from_stopping()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        await using var events = await OpenAsync(host, "/v1/services/checkout/watch");
        await events.NextAsync();
        await host.StopAsync();
        Assert.False(await events.Reader.MoveNextAsync());
    }

    [Fact]
    public async Task Refuses_more_watchers_than_it_can_serve_until_one_goes()
    {
        const int Most = 8;
        await using var host = await ApiHost.StartAsync(
            Example.Facts, static services => services.AddSingleton(new AdminLimits { Watches = Most }), Example.Active());
        var open = new List<EventStream>();
        for (var i = 0; i < Most; i++) open.Add(await OpenAsync(host, "/v1/watch"));
        await ApiHost.ProblemOf(await host.Http.GetAsync("/v1/watch"), HttpStatusCode.ServiceUnavailable);

        await open[0].DisposeAsync();
        using var again = await Eventually.GetAsync(
            () =>
            {
                host.Views.Publish();
                return host.Http.GetAsync("/v1/watch", HttpCompletionOption.ResponseHeadersRead);
            },
            static answer => answer.StatusCode != HttpStatusCode.ServiceUnavailable,
            "another watcher is let in");
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        foreach (var stream in open.Skip(1)) await stream.DisposeAsync();
    }

    private static async Task<EventStream> OpenAsync(ApiHost host, string path)
    {
        var response = await host.Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new EventStream(
            response, SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync().GetAsyncEnumerator());
    }

    private sealed record EventStream(HttpResponseMessage Response, IAsyncEnumerator<SseItem<string>> Reader) : IAsyncDisposable
    {
        public async Task<ServiceStatus> NextAsync()
        {
            Assert.True(await Reader.MoveNextAsync());
            Assert.Equal("status", Reader.Current.EventType);
            return JsonParser.Default.Parse<ServiceStatus>(Reader.Current.Data);
        }

        public async ValueTask DisposeAsync()
        {
            await Reader.DisposeAsync();
            Response.Dispose();
        }
    }
}

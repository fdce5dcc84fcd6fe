using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TrafficCtl.Proxy.Forwarding;
using TrafficCtl.Proxy.Identity;
using TrafficCtl.Proxy.Listening;
using TrafficCtl.Proxy.Requests;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Listening;

public sealed class ProxyApplicationTests : IDisposable
{
    private readonly Tunnels tunnels = new(TimeProvider.System);
    private readonly ProxyApplication application;

    public ProxyApplicationTests() => application = new ProxyApplication(
        new CohortMiddleware(new BucketCookie(CookieKeys.Ephemeral())), tunnels, TimeProvider.System, isTls: false);

    public void Dispose() => tunnels.Dispose();

    [Fact]
    public async Task The_first_requests_wait_until_services_are_in_force()
    {
        var exchange = application.CreateContext(new DefaultHttpContext().Features);
        var early = application.ProcessRequestAsync(exchange);
        Assert.False(early.IsCompleted);

        application.Serve(new MatchTable<ServiceBinding>([]));

        await early;
        Assert.Equal(StatusCodes.Status404NotFound, exchange.Http.Response.StatusCode);
    }

    [Fact]
    public async Task A_client_that_leaves_meanwhile_is_not_waited_for()
    {
        using var leaving = new CancellationTokenSource();
        var features = new DefaultHttpContext().Features;
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature { RequestAborted = leaving.Token });
        var early = application.ProcessRequestAsync(application.CreateContext(features));

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => early);
    }
}

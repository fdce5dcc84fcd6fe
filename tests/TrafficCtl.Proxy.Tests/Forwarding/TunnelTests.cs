using Microsoft.AspNetCore.Http.Features;
using TrafficCtl.Proxy.Forwarding;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Forwarding;

public sealed class TunnelTests : IDisposable
{
    private readonly Tunnels tunnels = new(new ManualClock());
    private readonly Connection connection = new();

    public void Dispose() => tunnels.Dispose();

    [Fact]
    public async Task Is_cut_with_all_others()
    {
        var tunnel = await OpenAsync();

        tunnels.CloseAll();

        Assert.Equal((1, 1), (connection.Aborts, tunnels.Count));
    }

    [Fact]
    public async Task Never_cuts_the_request_that_has_its_connection_after_it()
    {
        var tunnel = await OpenAsync();
        tunnel.End();

        tunnel.Cut();
        tunnels.CloseAll();

        Assert.Equal((0, 0), (connection.Aborts, tunnels.Count));
    }

    private async Task<Tunnel> OpenAsync()
    {
        var tunnel = new Tunnel(new Exchange(TimeProvider.System, tunnels), tunnels, connection, connection, null);
        await tunnel.UpgradeAsync();
        return tunnel;
    }

    private sealed class Connection : IHttpRequestLifetimeFeature, IHttpUpgradeFeature
    {
        public int Aborts { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public bool IsUpgradableRequest => true;

        public void Abort() => Aborts++;

        public Task<Stream> UpgradeAsync() => Task.FromResult(Stream.Null);
    }
}

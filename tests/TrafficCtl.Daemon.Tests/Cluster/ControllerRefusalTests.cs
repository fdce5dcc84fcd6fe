using System.Net;
using System.Net.Sockets;
using TrafficCtl.Adapters.Kubernetes.Access;
using TrafficCtl.Daemon.Cluster;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>What a person is told whose controller cannot work.</summary>
public sealed class ControllerRefusalTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_that_cannot_be_reached_is_not_a_cluster_without_services()
    {
        await using var host = await ControllerHost.StartAsync(Options(new Uri("http://127.0.0.1:1")), Stop);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = host.Admin };
        foreach (var path in (string[])["/v1/services", "/v1/services/shop.checkout", "/readyz"])
        {
            var answer = "";
            await Eventually.TrueAsync(() => (answer = Ask(path)).Contains("127.0.0.1:1 cannot be reached", StringComparison.Ordinal), $"{path} says why: {answer}");
            Assert.DoesNotContain("no service", answer, StringComparison.Ordinal);
        }

        string Ask(string path)
        {
            using var response = http.Send(new HttpRequestMessage(HttpMethod.Get, path), Stop);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            using var reader = new StreamReader(response.Content.ReadAsStream(Stop));
            return reader.ReadToEnd();
        }
    }

    [Fact]
    public async Task An_address_that_is_taken_or_not_of_this_machine_is_refused_with_what_to_do()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        foreach (var probes in (IPEndPoint[])[(IPEndPoint)taken.LocalEndpoint, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 9181)])
        {
            var refused = await Assert.ThrowsAsync<DaemonRefusedException>(() => ControllerHost.StartAsync(Options(new Uri("http://127.0.0.1:1")) with { Probes = probes }, Stop));
            Assert.Contains($"the probes on {probes} cannot listen", Assert.Single(refused.Problems), StringComparison.Ordinal);
            Assert.Contains("--probes", refused.Problems[0], StringComparison.Ordinal);
        }
    }

    private static ControllerOptions Options(Uri server) => new()
    {
        Identity = "one",
        Access = new KubeAccess { Server = server, From = "a test", Namespace = "trafficctl-system" },
        Prometheus = new Uri("http://127.0.0.1:9"),
        Admin = new Uri("http://127.0.0.1:0"),
        Probes = new IPEndPoint(IPAddress.Loopback, 0),
        Logging = static _ => { },
    };
}

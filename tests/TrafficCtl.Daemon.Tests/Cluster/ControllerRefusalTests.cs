using System.Net;
using System.Net.Sockets;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>What a controller that cannot work says.</summary>
public sealed class ControllerRefusalTests
{
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_that_cannot_be_reached_is_not_a_cluster_without_services()
    {
        await using var host = await DaemonHost.StartAsync(Options(new Uri("http://127.0.0.1:1")), Stop);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = host.Admin };
        foreach (var path in (string[])["/v1/services", "/v1/services/shop.checkout", "/readyz"])
        {
            var answer = "";
            await Eventually.TrueAsync(
                () => (answer = Ask(path)).Contains("127.0.0.1:1 cannot be reached", StringComparison.Ordinal),
                $"{path} says why: {answer}");
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
            var refused = await Assert.ThrowsAsync<DaemonRefusedException>(
                () => DaemonHost.StartAsync(Options(new Uri("http://127.0.0.1:1")) with { Probes = probes }, Stop));
            Assert.Contains($"the probes cannot listen on {probes}", Assert.Single(refused.Problems), StringComparison.Ordinal);
            Assert.Contains("--probes", refused.Problems[0], StringComparison.Ordinal);
        }

        var admin = new Uri($"http://{taken.LocalEndpoint}");
        var other = await Assert.ThrowsAsync<DaemonRefusedException>(() =>
            DaemonHost.StartAsync(Options(new Uri("http://127.0.0.1:1")) with { Admin = admin }, Stop));
        Assert.Contains($"the admin API cannot listen on {admin.Authority}", Assert.Single(other.Problems), StringComparison.Ordinal);
        Assert.DoesNotContain("--probes", other.Problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_probes_say_that_it_is_not_ready_and_leave_the_reason_to_the_admin_API()
    {
        await using var host = await DaemonHost.StartAsync(Options(new Uri("http://127.0.0.1:1")), Stop);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await Eventually.TrueAsync(() => Ask(host.Admin).Contains("cannot be reached", StringComparison.Ordinal), "the admin API says why");
        Assert.Equal("not ready; the log and /readyz of the admin API say why\n", Ask(host.Probes!));

        string Ask(Uri at)
        {
            using var response = http.Send(new HttpRequestMessage(HttpMethod.Get, new Uri(at, "readyz")), Stop);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            using var reader = new StreamReader(response.Content.ReadAsStream(Stop));
            return reader.ReadToEnd();
        }
    }

    [Theory]
    [InlineData("missing", "there is no such file")]
    [InlineData("empty", "it is empty")]
    [InlineData("two", "it holds more than one token")]
    [InlineData("folder", "it is a directory, not a file")]
    public async Task A_file_that_holds_no_token_for_Prometheus_is_refused_by_name_and_not_repeated(string file, string why)
    {
        var folder = Directory.CreateTempSubdirectory("trafficctl-token-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "empty"), " \n", Stop);
            await File.WriteAllTextAsync(Path.Combine(folder, "two"), "s3cret\nother", Stop);
            Directory.CreateDirectory(Path.Combine(folder, "folder"));
            var options = Options(new Uri("http://127.0.0.1:1")) with { PrometheusTokenFile = Path.Combine(folder, file) };
            var problem = Assert.Single(
                (await Assert.ThrowsAsync<DaemonRefusedException>(() => DaemonHost.StartAsync(options, Stop))).Problems);
            Assert.StartsWith($"the token for Prometheus cannot be read from {options.PrometheusTokenFile}: {why}", problem,
                StringComparison.Ordinal);
            Assert.DoesNotContain("s3cret", problem, StringComparison.Ordinal);

            var prometheus = new Uri("https://127.0.0.1:9");
            options = Options(new Uri("http://127.0.0.1:1")) with { Prometheus = prometheus, PrometheusCa = Path.Combine(folder, "two") };
            problem = Assert.Single(
                (await Assert.ThrowsAsync<DaemonRefusedException>(() => DaemonHost.StartAsync(options, Stop))).Problems);
            Assert.Contains("there is no PEM certificate in it", problem, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static DaemonOptions Options(Uri server) => new()
    {
        Clusters =
        [
            new ClusterModuleOptions
            {
                Identity = "one",
                Access = new KubeAccess { Server = server, From = "a test", Namespace = "trafficctl-system" },
            },
        ],
        Prometheus = new Uri("http://127.0.0.1:9"),
        Admin = new Uri("http://127.0.0.1:0"),
        Probes = new IPEndPoint(IPAddress.Loopback, 0),
        Logging = static _ => { },
    };
}

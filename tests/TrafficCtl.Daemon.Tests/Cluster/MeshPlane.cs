using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy;
using TrafficCtl.Proxy.Hosting;
using TrafficCtl.Proxy.Routing;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <param name="Name">The name of the service, in the namespace <c>shop</c>.</param>
/// <param name="Stable">Where its stable workload listens; the workload is called as the service.</param>
/// <param name="Candidate">Where its canary workload listens; the workload is called <c>NAME-canary</c>.</param>
/// <param name="Weight">The candidate's share that the routing object says now; null leaves the last one.</param>
internal sealed record MeshService(string Name, Uri Stable, Uri Candidate, Func<Weights?> Weight);

/// <summary>
/// The data plane of a mesh, as far as a controller can tell: real proxies split real requests as the routing objects say, and what they
/// saw is exported in Istio's words.
/// </summary>
internal sealed class MeshPlane : IAsyncDisposable
{
    private const string StableSlot = "stable", CandidateSlot = "canary";

    private readonly ServiceProvider process;
    private readonly WebApplication exporter;
    private readonly ProxyServer proxy;
    private readonly EmbeddedRouter router;
    private readonly ImmutableArray<MeshService> services;
    private readonly CancellationTokenSource ending = new();
    private readonly Dictionary<string, (Weights Weights, long Generation)> inForce = new(StringComparer.Ordinal);
    private readonly Task following;

    private MeshPlane(ServiceProvider process, WebApplication exporter, ImmutableArray<MeshService> services)
    {
        (this.process, this.exporter, this.services) = (process, exporter, services);
        (proxy, router) = (process.GetRequiredService<ProxyServer>(), process.GetRequiredService<EmbeddedRouter>());
        following = Task.Run(FollowAsync);
    }

    /// <summary>Where Prometheus scrapes.</summary>
    public Uri Metrics =>
        new(exporter.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());

    /// <summary>The host that clients of a service ask for.</summary>
    public static string HostOf(string service) => $"{service}.shop.svc";

    /// <summary>Where clients of a service send.</summary>
    public Uri AddressOf(string service) => proxy.AddressOf(Keys.Of(service));

    public static async Task<MeshPlane> StartAsync(ImmutableArray<MeshService> services, string directory)
    {
        var proxying = new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddLogging(l => l.SetMinimumLevel(LogLevel.None))
            .AddProxy(Directory.CreateDirectory(directory).FullName)
            .BuildServiceProvider();
        await proxying.GetRequiredService<ProxyServer>().StartAsync([.. services.Select(SpecOf)], default);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var page = builder.Build();
        var counters = proxying.GetRequiredService<EmbeddedRouter>();
        page.Run(context => context.Response.WriteAsync(Exposition(counters.Totals())));
        await page.StartAsync();
        return new MeshPlane(proxying, page, services);
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await following;
        await exporter.DisposeAsync();
        await process.DisposeAsync();
        ending.Dispose();
    }

    /// <summary>A mesh's proxies learn of a changed object a moment later.</summary>
    private Task FollowAsync() => Periodic.ActAsync(
        TimeSpan.FromMilliseconds(100),
        async () =>
        {
            foreach (var service in services) await FollowAsync(service);
        },
        ending.Token);

    private async Task FollowAsync(MeshService service)
    {
        var (held, generation) = inForce.GetValueOrDefault(service.Name, (Weights.AllStable, 0));
        var wanted = service.Weight() ?? held;
        if (generation > 0 && wanted == held) return;
        inForce[service.Name] = (wanted, ++generation);
        await router.ApplyAsync(
            new ServiceRoute(Keys.Of(service.Name), generation, StableSlot, CandidateSlot, "mesh", Exposure.Of(wanted)), ending.Token);
    }

    private static ServiceSpec SpecOf(MeshService service) => new()
    {
        Service = service.Name,
        Target = new EmbeddedTarget
        {
            Listen = new Listener("127.0.0.1", 0, null),
            Match = new RouteMatch(HostOf(service.Name), null),
        },
        Identity = [new RequestAttribute(AttributeSource.Header, "x-user-id")],
        Versions = [new VersionSpec(StableSlot, [service.Stable]), new VersionSpec(CandidateSlot, [service.Candidate])],
        Stable = StableSlot,
    };

    private static string Exposition(ImmutableArray<ServiceTotals> totals)
    {
        var text = new StringBuilder("# TYPE istio_requests_total counter\n");
        foreach (var service in totals)
        {
            Requests(text, service.Key.Service, service.Key.Service, service.Stable);
            Requests(text, service.Key.Service, $"{service.Key.Service}-canary", service.Candidate);
        }

        text.Append("# TYPE istio_request_duration_milliseconds histogram\n");
        foreach (var service in totals)
        {
            Latency(text, service.Key.Service, service.Key.Service, service.Stable);
            Latency(text, service.Key.Service, $"{service.Key.Service}-canary", service.Candidate);
        }

        return text.ToString();
    }

    private static void Requests(StringBuilder to, string service, string workload, Counts counts)
    {
        var ok = counts.ByOutcome[(int)Outcome.Success] + counts.ByOutcome[(int)Outcome.ClientError];
        foreach (var (code, count) in ((string, long)[])[("200", ok), ("503", counts.Failures)])
            to.Append(
                CultureInfo.InvariantCulture,
                $"istio_requests_total{{reporter=\"source\",request_protocol=\"http\",response_code=\"{code}\",grpc_response_status=\"\",response_flags=\"-\","
                + $"{Labels(service, workload)}}} {count}\n");
    }

    private static void Latency(StringBuilder to, string service, string workload, Counts counts)
    {
        ImmutableArray<double> bounds = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000];
        long sum = 0;
        var bucket = 0;
        foreach (var bound in bounds)
        {
            for (; bucket < counts.Layout.Count && counts.Layout.UpperSeconds(bucket) <= bound / 1000; bucket++)
                sum += counts.Latency[bucket];
            to.Append(CultureInfo.InvariantCulture, $"istio_request_duration_milliseconds_bucket{{reporter=\"destination\","
                + $"{Labels(service, workload)},le=\"{bound}\"}} {sum}\n");
        }

        var all = counts.Latency.Sum();
        to.Append(
            CultureInfo.InvariantCulture,
            $"istio_request_duration_milliseconds_bucket{{reporter=\"destination\",{Labels(service, workload)},le=\"+Inf\"}} {all}\n");
        to.Append(CultureInfo.InvariantCulture, $"istio_request_duration_milliseconds_sum{{reporter=\"destination\","
            + $"{Labels(service, workload)}}} {counts.LatencySum * 1000}\n");
        to.Append(
            CultureInfo.InvariantCulture,
            $"istio_request_duration_milliseconds_count{{reporter=\"destination\",{Labels(service, workload)}}} {all}\n");
    }

    private static string Labels(string service, string workload) =>
        $"destination_service_namespace=\"shop\",destination_service_name=\"{workload}\","
        + $"destination_workload_namespace=\"shop\",destination_workload=\"{workload}\"";
}

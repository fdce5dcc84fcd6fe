using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Control;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

/// <summary>Whoever takes over measures with a source that begins anew: its first readings have counted nothing.</summary>
public sealed class TakeOverTests : IDisposable
{
    private const string Service = "shop.checkout";

    private static readonly TimeSpan Scrape = TimeSpan.FromSeconds(15);

    private readonly ManualClock clock = new(DateTimeOffset.FromUnixTimeSeconds(1_770_000_000));
    private readonly FakePrometheus prometheus = new();
    private readonly FakeRouter router = new();
    private readonly FakeStore store = new();
    private readonly Dictionary<string, double> counters = new(StringComparer.Ordinal);
    private MetricPreset preset = PresetList.All[0];
    private ServiceProvider? process;

    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (var name in PrometheusPresets.Names)
        {
            cases.Add(name, 0);
            cases.Add(name, 6);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Evidence_survives_a_take_over_with_every_preset(string name, int quietScrapes)
    {
        preset = PresetList.Find(name)!;
        Start();
        for (var i = 0; Samples < 1_000; i++)
        {
            Assert.True(i < 60, View.LastDecision?.Reason);
            await ScrapeAsync(900, 100);
        }

        await ScrapeAsync(900, 100);
        var samples = Samples;
        process!.Dispose();
        Start();
        for (var i = 0; i < quietScrapes; i++) await ScrapeAsync(0, 0);
        for (var i = 0; i < 8; i++) await ScrapeAsync(900, 100);

        // What was counted since the last checkpoint is lost, and nothing else: of this process there are far fewer.
        Assert.True(Samples > samples, $"{Samples} of {samples}");
        Assert.DoesNotContain(store.Facts, f => f.What == "evidence-anew");
    }

    public void Dispose()
    {
        process?.Dispose();
        prometheus.Http.Dispose();
    }

    private PrometheusSource Source => (PrometheusSource)process!.GetRequiredService<IMetricSource>();

    private ServiceView View => process!.GetRequiredService<Views>().Find(Keys.Of(Service))!;

    private double Samples => View.Seen?.Judgement?.Findings[0].Candidate.Requests ?? 0;

    private void Start()
    {
        var source = new PrometheusSource(
            new HttpMessageInvoker(prometheus.Http, disposeHandler: false), new PrometheusOptions(new Uri("http://prometheus:9090")),
            new FixedTargets(PresetTests.Target with { Metrics = preset.Name }), new RoutesOf(router), _ => [], clock,
            NullLogger<PrometheusSource>.Instance);
        process = new ServiceCollection()
            .AddSingleton<TimeProvider>(clock)
            .AddSingleton<IStore>(store)
            .AddSingleton<ITrafficRouter>(router)
            .AddSingleton<IMetricSource>(source)
            .AddLogging()
            .AddControl().AddTargets()
            .BuildServiceProvider();
        process.GetRequiredService<ControlLoop>().SetServices([Spec]);
    }

    private static ServiceSpec Spec => new()
    {
        Service = Service,
        Target = new EmbeddedTarget
        {
            Listen = new Listener("localhost", 0, null),
        },
        Versions = [new VersionSpec("v1", []), new VersionSpec("v2", [])],
        Stable = "v1",
        Plan = new Plan { Steps = [new Step(null, Weights.OfCandidate(1000), TimeSpan.FromHours(1), new MinimumEvidence(100_000, 0))] },
        Analysis = new Analysis { ErrorWarmUp = TimeSpan.FromSeconds(1), LatencyWarmUp = TimeSpan.FromSeconds(1) },
    };

    /// <summary>So many requests, then the scrape of them, the answer of half a minute ago, and the rounds of the loop.</summary>
    private async Task ScrapeAsync(int stable, int candidate)
    {
        Serve(isCandidate: false, stable);
        Serve(isCandidate: true, candidate);
        prometheus.Scrape(clock.GetUtcNow(), "proxy:15020", [.. counters.Select(c => (c.Key, c.Value))]);
        for (var i = 0; i < Scrape.TotalSeconds; i++)
        {
            await Source.RoundAsync(default);
            while (await process!.GetRequiredService<ControlLoop>().TurnAsync(default))
            {
                // Until nothing is due at this moment.
            }

            clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private void Serve(bool isCandidate, int requests)
    {
        Count(Series(preset.Requests, isCandidate, Ended(preset.Name)), requests);
        foreach (var (le, share) in new[] { (0.01, 0.5), (0.05, 0.9), (0.25, 0.99), (double.PositiveInfinity, 1) })
        {
            var bound = double.IsInfinity(le)
                ? "+Inf"
                : (le * preset.Latency.PerSecond).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
            Count(Series(preset.Latency, isCandidate, $"le=\"{bound}\""), Math.Floor(requests * share));
        }
    }

    private void Count(string series, double by) => counters[series] = counters.GetValueOrDefault(series) + by;

    private string Series(SignalQuery query, bool isCandidate, string more) =>
        $"{query.Metric.Split('|')[0]}{{{(query.Fixed.Length > 0 ? query.Fixed + "," : "")}{ArmOf(preset.Name, isCandidate)},{more}}}";

    private static string ArmOf(string preset, bool isCandidate)
    {
        var (service, workload) = isCandidate ? ("checkout-canary", "checkout-v2") : ("checkout-stable", "checkout-v1");
        return preset switch
        {
            "linkerd" => $"backend_namespace=\"shop\",backend_name=\"{service}\"",
            "linkerd-classic" => $"dst_namespace=\"shop\",dst_deployment=\"{workload}\"",
            "envoy-gateway" => $"envoy_cluster_name=\"httproute/shop/checkout-route/rule/0/backend/{(isCandidate ? 1 : 0)}\"",
            "ingress-nginx" =>
                $"namespace=\"shop\",service=\"checkout-stable\",canary=\"{(isCandidate ? "shop-checkout-canary-8080" : "")}\"",
            "traefik" => $"service=\"shop-{service}-8080@kubernetescrd\"",
            "aspnetcore" => $"namespace=\"shop\",pod=\"{workload}-7c9f8b6d5-x2lqp\"",
            "trafficctl" => $"service=\"{Service}\",arm=\"{(isCandidate ? "candidate" : "stable")}\"",
            _ => $"destination_service_namespace=\"shop\",destination_service_name=\"checkout\",destination_workload=\"{workload}\"",
        };
    }

    private static string Ended(string preset) => preset switch
    {
        "linkerd" => "http_status=\"200\"",
        "linkerd-classic" => "classification=\"success\",status_code=\"200\"",
        "envoy-gateway" => "envoy_response_code=\"200\"",
        "ingress-nginx" => "status=\"200\"",
        "traefik" => "code=\"200\",method=\"GET\"",
        "aspnetcore" => "http_response_status_code=\"200\"",
        "trafficctl" => $"outcome=\"{Outcome.Success.Label()}\"",
        _ => "response_code=\"200\",response_flags=\"-\"",
    };

    private sealed class RoutesOf(FakeRouter router) : IRoutesInForce
    {
        public ServiceRoute? Find(string service) => router.Find(service);
    }
}

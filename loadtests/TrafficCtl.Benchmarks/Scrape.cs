using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Prometheus;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Telemetry;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Benchmarks;

/// <summary>The metrics page of many services with a rollout each: what a scrape costs, and what is kept between two.</summary>
internal static class Scrape
{
    private static readonly DateTimeOffset At = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Plan Plan = new()
    {
        Steps = [new Step(null, Weights.OfCandidate(2500), TimeSpan.FromSeconds(60), MinimumEvidence.Default)],
    };

    public static async Task RunAsync(int services, int scrapes = 30)
    {
        var views = new Views();
        ImmutableArray<ServiceTotals> totals = [.. Enumerable.Range(0, services).Select(Totals)];
        foreach (var service in totals) views.Put(View(service));
        var control = new ControlMetrics();
        foreach (var service in totals) control.Decided(new DecisionLabel(service.Key, "advance"), At);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        using var page = new MetricsPage(() => totals, views, control, new ConfigReloads(TimeProvider.System), TimeProvider.System);
        var random = new Random(1);
        foreach (var format in (ExpositionFormat[])[ExpositionFormat.PrometheusText, ExpositionFormat.OpenMetricsText])
        {
            var (cpu, took, allocated, bytes) = (new double[scrapes], new double[scrapes], new double[scrapes], 0);
            for (var i = -3; i < scrapes; i++)
            {
                foreach (var service in totals) Serve(service, random);
                var (began, burned, memory) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(true));
                using (var written = await page.WriteAsync(MetricAudience.ThisMachine, format, null, default)) bytes = (int)written.Length;
                if (i < 0) continue;
                took[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
                cpu[i] = (Environment.CpuUsage.TotalTime - burned).TotalMilliseconds;
                allocated[i] = (GC.GetTotalAllocatedBytes(true) - memory) / 1e6;
            }

            var kept = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{services} services, {format}: {bytes / 1e6:F1} MB, CPU {Median(cpu):F0} ms, {Median(took):F0} ms, allocated "
                    + $"{Median(allocated):F1} MB a scrape, "
                + $"{kept:F1} MB kept, {Environment.WorkingSet >> 20} MiB resident"));
        }
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static void Serve(ServiceTotals service, Random random)
    {
        foreach (var arm in (Counts[])[service.Stable, service.Candidate])
        {
            for (var i = 0; i < 50; i++) arm.Latency[random.Next(arm.Latency.Length)]++;
            arm.ByOutcome[0] += 50;
            arm.LatencySum += 2.5;
            arm.BytesOut += 51_200;
        }
    }

    private static ServiceTotals Totals(int number)
    {
        var key = new TargetKey($"service-{number}", "prod");
        return new ServiceTotals(key, new Counts(), new Counts(), Exposures.RouteFor(State(key)), Exposure.None, false, 0, 0);
    }

    private static RolloutState State(TargetKey key) =>
        new($"{key.Service}-prod-1", key.Service, key.Environment, 1, "v1", "v2", 4, At, At, new Phase.Observing(0, At, At))
        {
            Plan = Plan,
        };

    private static ServiceView View(ServiceTotals of)
    {
        var state = State(of.Key);
        var finding = new Finding(
            "errors", Verdict.Unsure, 1.5, 0.9, 2, 0.5, 3, new Core.Judging.Sample(1, 90), new Core.Judging.Sample(2, 20), "");
        var live = new ArmHealth(2, 2, 2, null);
        return new ServiceView(
            new ServiceSpec
            {
                Service = of.Key.Service,
                Environment = of.Key.Environment,
                Target = new EmbeddedTarget { Listen = new Listener("127.0.0.1", 0, null) },
                Stable = "v1",
                Versions = [new VersionSpec("v1", [new Uri("http://127.0.0.1:1")]), new VersionSpec("v2", [new Uri("http://127.0.0.1:2")])],
            },
            null, state, new Seen { Judgement = new Judgement(Verdict.Unsure, 2, 100, null, [finding], "", null) }, null,
            new RouterStatus(Exposures.RouteFor(state), Exposure.None, live, live, null),
            new ArmRates(80, 0, 0, 0, 0, 90, 1), new ArmRates(20, 0, 0, 0, 0, 25, 5), [], At);
    }
}

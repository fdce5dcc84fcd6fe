using System.Diagnostics;
using System.Globalization;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Benchmarks.Promotion;

/// <summary>
/// A day of promotions in virtual time: 2,500 bundles of 500 services through test, staging and prod, on 3,000 targets, with approvals,
/// live gates, failures and targets that come and go. Every environment is evaluated at every event of its service and once a minute.
/// </summary>
internal static class PromotionDay
{
    private const int Services = 500;
    private const int BundlesADay = 5;

    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan Round = TimeSpan.FromMinutes(1);

    /// <returns>0 where the budgets are met: 60 s of CPU, 1 GiB, 50 µs an evaluation, and nothing left behind.</returns>
    public static int Run(int seed)
    {
        var random = new Random(seed);
        var start = new DateTimeOffset(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);
        var agenda = new PriorityQueue<(SimulatedService Service, Action<SimulatedService> What), DateTimeOffset>();
        var services = Enumerable.Range(0, Services).Select(i => new SimulatedService($"s{i}", random.Next(), agenda)).ToArray();
        foreach (var service in services)
        {
            for (var i = 0; i < BundlesADay; i++)
                agenda.Enqueue((service, static s => s.Publish()), start + (random.NextDouble() * TimeSpan.FromHours(20)));
            for (var i = 0; i < 4; i++)
                agenda.Enqueue((service, static s => s.Toggle()), start + (random.NextDouble() * Day));
            for (var at = start + (random.NextDouble() * Round); at < start + Day; at += Round)
                agenda.Enqueue((service, static _ => { }), at);
        }

        var before = Process.GetCurrentProcess().TotalProcessorTime;
        while (agenda.TryDequeue(out var next, out var now) && now < start + Day)
        {
            next.Service.Now = now;
            next.What(next.Service);
            next.Service.Converge();
        }

        using var process = Process.GetCurrentProcess();
        return Report(services, process.TotalProcessorTime - before, process.PeakWorkingSet64);
    }

    private static int Report(SimulatedService[] services, TimeSpan cpu, long peak)
    {
        var facts = services.SelectMany(s => s.Facts).ToArray();
        var evaluations = services.Sum(s => s.Evaluations);
        var micros = services.Sum(s => s.EvaluationTicks) * 1e6 / Stopwatch.Frequency / evaluations;
        int Count<T>() => facts.OfType<T>().Count();
        Line("services, targets", $"{services.Length:N0}, {services.Sum(s => s.Targets):N0}");
        Line("bundles published", $"{Count<PromotionFact.Published>():N0}");
        Line("promotions into an environment", $"{facts.OfType<PromotionFact.RolloutStarted>()
            .Where(f => f.Reason == StartReason.Promotion).GroupBy(f => (f.Environment, f.Bundle)).Count():N0}");
        Line("rollouts of targets", $"{Count<PromotionFact.RolloutStarted>():N0}");
        Line("rolled back by themselves", $"{Count<PromotionFact.RolloutRolledBack>():N0}");
        Line("facts", $"{facts.Length:N0}");
        Line("environments evaluated", $"{evaluations:N0}");
        Line("time of one", $"{micros:N1} µs (budget 50)");
        Line("CPU of the day", $"{cpu.TotalSeconds:N1} s (budget 60)");
        Line("peak memory", $"{peak / 1048576.0:N0} MiB (budget 1,024)");
        var behind = services.Sum(s => s.Behind);
        Line("targets behind for no reason", $"{behind:N0}");
        return micros <= 50 && cpu.TotalSeconds <= 60 && peak <= 1L << 30 && behind == 0 ? 0 : 1;
    }

    private static void Line(string name, string value) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-34} {value}"));
}

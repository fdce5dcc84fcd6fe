using System.Collections.Immutable;
using System.Globalization;

namespace TrafficCtl.ProxyLoad;

/// <summary>The measurements as tables: what each contender did, and the ratios within the rounds, which alone mean anything.</summary>
internal static class Report
{
    private const int EnoughPairs = 15;

    /// <summary>
    /// The ratios that are reported: of what to what, with the budgets for requests/s (at least), CPU per request and p99 (at most);
    /// null for none.
    /// </summary>
    private static readonly ImmutableArray<(string Of, string To, double? Throughput, double? Cpu, double? P99)> Ratios =
    [
        ("header-plain", "bare-plain", 0.95, 1.05, 1.10),
        ("cookie-plain", "bare-plain", 0.95, 1.10, 1.10),
        ("header-inline", "bare-inline", 0.95, 1.05, 1.10),
        ("cookie-inline", "bare-inline", 0.95, 1.10, 1.10),
        ("header-inline", "nginx", 0.75, null, null),
        ("cookie-inline", "nginx", 0.75, null, null),
        ("header-plain", "nginx", null, null, null),
        ("bare-plain", "nginx", null, null, null),
        ("bare-inline", "nginx", null, null, null),
        ("haproxy", "nginx", null, null, null),
        ("direct", "nginx", null, null, null),
    ];

    public static void Print(TextWriter output, IReadOnlyList<Measured> all, IReadOnlyDictionary<string, long> resident)
    {
        foreach (var connections in all.Select(m => m.Connections).Distinct())
        {
            var here = all.Where(m => m.Connections == connections).ToImmutableArray();
            output.WriteLine(Line($"\n{connections} connections, {here.Select(m => m.Round).Distinct().Count()} rounds (medians)"));
            output.WriteLine($"  {"",-14} {"req/s",9} {"p50 ms",8} {"p99 ms",8} {"CPU µs/req",11} {"RSS MiB",8} {"failed",7}");
            foreach (var contender in here.GroupBy(m => m.Contender, StringComparer.Ordinal))
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {contender.Key,-14} {Median(contender, m => m.PerSecond),9:0} {Median(contender, m => m.P50),8:0.00} "
                        + $"{Median(contender, m => m.P99),8:0.00} {Median(contender, m => m.CpuPerRequest),11:0.0} "
                        + $"{resident.GetValueOrDefault(contender.Key) / 1048576.0,8:0.0} {contender.Sum(m => m.Failures),7}"));
            }

            output.WriteLine(
                $"\n  {"ratio within a round",-28} {"what",-8} {"min",6} {"median",7} {"max",6}  {"95 % limits of the median",-25} "
                    + "pairs  budget");
            foreach (var (of, to, throughput, cpu, p99) in Ratios)
            {
                Ratio(output, here, of, to, "req/s", m => m.PerSecond, throughput, isAtLeast: true);
                Ratio(output, here, of, to, "CPU/req", m => m.CpuPerRequest, cpu, isAtLeast: false);
                Ratio(output, here, of, to, "p99", m => m.P99, p99, isAtLeast: false);
            }
        }
    }

    public static void WriteCsv(string path, IReadOnlyList<Measured> all) => File.WriteAllLines(path, all
        .Select(m =>
            Line(
                $"{m.Contender},{m.Connections},{m.Round},{m.Requests},{m.PerSecond:0.0},{m.P50:0.000},{m.P99:0.000},{m.CpuPerRequest:0.000},{m.Failures}"))
        .Prepend("contender,connections,round,requests,per_second,p50_ms,p99_ms,cpu_us_per_request,failures"));

    private static void Ratio(
        TextWriter output, ImmutableArray<Measured> here, string of, string to, string what, Func<Measured, double> figure, double? budget,
        bool isAtLeast)
    {
        var ratios = (
            from mine in here.Where(m => m.Contender == of)
            join other in here.Where(m => m.Contender == to) on mine.Round equals other.Round
            where figure(other) > 0
            select figure(mine) / figure(other)).ToImmutableArray();
        if (ratios.IsEmpty) return;
        var spread = Spread.Of(ratios);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {of + " / " + to,-28} {what,-8} {spread.Min,6:0.000} {spread.Median,7:0.000} "
                + $"{spread.Max,6:0.000}  {Line($"{spread.Low:0.000} .. {spread.High:0.000}"),-25} "
                + $"{spread.Count,5}  {Verdict(spread, budget, isAtLeast)}"));
    }

    private static string Verdict(Spread spread, double? budget, bool isAtLeast)
    {
        if (budget is not { } bar) return "-";
        if (spread.Count < EnoughPairs) return Line($"{(isAtLeast ? "≥" : "≤")} {bar:0.00}: fewer than {EnoughPairs} pairs say nothing");
        var (limit, isMet) = isAtLeast ? (spread.Low, spread.Median >= bar) : (spread.High, spread.Median <= bar);
        var isSure = isAtLeast ? limit >= bar : limit <= bar;
        return Line($"{(isAtLeast ? "≥" : "≤")} {bar:0.00}: {(isSure ? "met" : isMet ? "met by the median, not by its limit" : "missed")}");
    }

    private static double Median(IEnumerable<Measured> sample, Func<Measured, double> figure) => Spread.Of(sample.Select(figure)).Median;

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

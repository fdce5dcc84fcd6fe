using System.Globalization;
using System.Text;

namespace TrafficCtl.Offline.Tests.Judging;

/// <summary>Lines of window files.</summary>
internal static class Windows
{
    /// <summary>Sixty fine buckets from 10 ms, of ratio 1.05.</summary>
    public static readonly string Fine = List(Enumerable.Range(0, 60).Select(i => Math.Round(0.01 * Math.Pow(1.05, i), 9)));

    /// <summary>Four requests in a hundred above 20 ms; the rest spread evenly below.</summary>
    private static readonly string Counts = List(Enumerable.Range(0, 61).Select(i => i < 48 ? 20.0 : i < 60 ? 3.0 : 4.0));

    public static string Latency => $$"""{"bounds":{{Fine}},"counts":{{Counts}}}""";

    /// <summary>Five requests that were abandoned after 182 ms.</summary>
    public static string Waits => string.Join(',', Enumerable.Range(0, 61).Select(i => i == 60 ? 5 : 0));

    public static string LatencyWithWaits => Latency[..^1] + $",\"abandoned\":[{Waits}]}}";

    /// <summary>As many requests as <see cref="Latency"/> has.</summary>
    public const int Requests = 1000;

    public static string Line(double t, string arm, string rest, string? trace = "a") => string.Create(
        CultureInfo.InvariantCulture, $$"""{{{(trace is null ? "" : $"\"trace\":\"{trace}\",")}}"t":{{t}},"arm":"{{arm}}",{{rest}}}""");

    public static string Line(double t, string arm, int errors = 1, string? trace = "a") =>
        Line(t, arm, $"\"step\":1,\"weight\":5000,\"requests\":{Requests},\"errors\":{errors},\"latency\":{Latency}", trace);

    /// <summary>Both arms alike every five seconds: a trace that passes.</summary>
    public static IEnumerable<string> Alike(int ticks, string? trace = "a", int from = 1) =>
        Enumerable.Range(from, ticks).SelectMany(i => new[] { Line(5 * i, "stable", 1, trace), Line(5 * i, "candidate", 1, trace) });

    /// <summary>The candidate fails a request in ten.</summary>
    public static IEnumerable<string> Failing(int ticks, string? trace = "a", int from = 1) =>
        Enumerable.Range(from, ticks).SelectMany(i => new[] { Line(5 * i, "stable", 1, trace), Line(5 * i, "candidate", 100, trace) });

    private static string List(IEnumerable<double> numbers) =>
        new StringBuilder("[").AppendJoin(',', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))).Append(']').ToString();
}

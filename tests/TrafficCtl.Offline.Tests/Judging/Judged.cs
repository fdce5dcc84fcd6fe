using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using TrafficCtl.Core.Judging;
using TrafficCtl.Offline.Judging;

namespace TrafficCtl.Offline.Tests.Judging;

/// <summary>What came of a file of windows.</summary>
internal sealed record Judged(bool IsGood, ImmutableArray<JsonElement> Traces, ImmutableArray<string> Problems, string Out)
{
    public JsonElement Only => Traces.Single();

    public string Verdict => Only.GetProperty("verdict").GetString()!;

    /// <summary>NaN when unsure.</summary>
    public double DecidedAt => Only.GetProperty("decidedAt") is { ValueKind: JsonValueKind.Number } at ? at.GetDouble() : double.NaN;

    public static Judged Of(IEnumerable<string> lines, Analysis? analysis = null, int next = 10_000, bool explain = false) =>
        Of(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), analysis, next, explain);

    public static Judged Of(byte[] file, Analysis? analysis = null, int next = 10_000, bool explain = false) =>
        Of(new MemoryStream(file), analysis, next, explain);

    public static Judged Of(Stream file, Analysis? analysis = null, int next = 10_000, bool explain = false)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var options = new WindowFileOptions { Name = "w", NextWeight = next, Explain = explain, Analysis = analysis ?? Analysis.Default };
        var isGood = WindowFile.Judge(file, options, output, error, CancellationToken.None);
        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return new Judged(
            isGood, [.. lines.Select(l => JsonDocument.Parse(l).RootElement)],
            [.. error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)], output.ToString());
    }

    public JsonElement Finding(string signal) =>
        Only.GetProperty("findings").EnumerateArray().Single(f => f.GetProperty("signal").GetString() == signal);
}

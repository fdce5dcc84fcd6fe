using System.Collections.Immutable;
using System.Globalization;

namespace TrafficCtl.ProxyLoad.Services;

/// <summary>What was measured at one number of services, in the order of the table.</summary>
internal sealed class Figures
{
    private readonly List<(string Name, double Value, string Unit)> rows = [];

    public void Add(string name, double value, string unit) => rows.Add((name, value, unit));

    /// <summary>A column for each number of services, and the last one's ratio to the first one's.</summary>
    public static void Print(TextWriter output, ImmutableArray<int> counts, List<Figures> columns)
    {
        output.WriteLine($"| | {string.Join(" | ", counts.Select(c => c.ToString("N0", CultureInfo.InvariantCulture)))} | ratio |");
        output.WriteLine($"|---|{string.Concat(counts.Select(_ => "---|"))}---|");
        for (var row = 0; row < columns[0].rows.Count; row++)
        {
            var (name, first, unit) = columns[0].rows[row];
            var last = columns[^1].rows[row].Value;
            var values = string.Join(" | ", columns.Select(c => Text(c.rows[row].Value, unit)));
            output.WriteLine($"| {name} | {values} | {Text(first == 0 ? double.NaN : last / first, "")} |");
        }
    }

    private static string Text(double value, string unit)
    {
        var format = Math.Abs(value) < 10 ? "0.00" : Math.Abs(value) < 100 ? "0.0" : "N0";
        var number = double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);
        return unit.Length == 0 ? number : $"{number} {unit}";
    }
}

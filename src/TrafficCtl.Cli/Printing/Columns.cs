using System.Text;

namespace TrafficCtl.Cli.Printing;

/// <summary>Aligned columns, two spaces apart, never wrapped: a line stays a line for grep.</summary>
internal sealed class Columns(params string[] titles)
{
    private readonly List<string[]> rows = titles.Length > 0 ? [titles] : [];

    public void Add(params string[] cells) => rows.Add(cells);

    public void WriteTo(TextWriter to, string indent = "")
    {
        if (rows.Count == 0) return;
        var widths = new int[rows.Max(r => r.Length)];
        foreach (var row in rows)
            for (var i = 0; i < row.Length; i++) widths[i] = Math.Max(widths[i], row[i].Length);

        var line = new StringBuilder();
        foreach (var row in rows)
        {
            line.Clear().Append(indent);
            for (var i = 0; i < row.Length; i++) line.Append(row[i].PadRight(widths[i] + 2));
            to.WriteLine(line.ToString().TrimEnd());
        }
    }
}

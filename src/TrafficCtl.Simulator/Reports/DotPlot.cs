using System.Globalization;
using System.Security;
using System.Text;

namespace TrafficCtl.Simulator.Reports;

/// <summary>One mark: a value of a series with its interval.</summary>
internal readonly record struct Dot(int Series, double Value, double Low, double High);

/// <summary>A line of marks.</summary>
/// <param name="Band">Rows of one band stand together under this name.</param>
/// <param name="Label">The label of the row itself.</param>
/// <param name="Dots">At most one of each series.</param>
internal sealed record DotRow(string Band, string Label, IReadOnlyList<Dot> Dots);

/// <summary>A dot plot as SVG, readable on light and dark paper: a row a case, a lane and a mark of its own for each series.</summary>
internal sealed class DotPlot(string title, string note, string axisTitle, Axis axis, IReadOnlyList<string> series, double? promise)
{
    private const int Width = 900, Left = 190, Right = 40, Top = 104, Lane = 8, RowGap = 10, BandGap = 12;

    private readonly StringBuilder svg = new();

    public string Draw(IReadOnlyList<DotRow> rows)
    {
        var height = Top + HeightOf(rows) + 56;
        Open(height);
        Legend();
        var (y, band) = ((double)Top, "");
        Grid(Top, height - 56);
        foreach (var row in rows)
        {
            if (row.Band != band)
            {
                if (band.Length > 0)
                {
                    y += BandGap;
                    Line("rule", 10, y - (BandGap / 2.0), Width - Right, y - (BandGap / 2.0));
                }

                band = row.Band;
                Text("band", 12, y + RowMiddle + 4, "start", band);
            }

            Text("ink", Left - 10, y + RowMiddle + 4, "end", row.Label);
            foreach (var dot in row.Dots) Mark(dot, y + (RowGap / 2.0) + (Lane * (dot.Series + 0.5)));
            y += RowHeight;
        }

        Text("ink", (Left + Width - Right) / 2.0, height - 14, "middle", axisTitle);
        svg.Append("</svg>\n");
        return svg.ToString();
    }

    private double RowHeight => (series.Count * Lane) + RowGap;

    private double RowMiddle => RowHeight / 2;

    private int HeightOf(IReadOnlyList<DotRow> rows) =>
        (int)((rows.Count * RowHeight) + (Math.Max(0, rows.Select(r => r.Band).Distinct(StringComparer.Ordinal).Count() - 1) * BandGap));

    private void Open(int height)
    {
        svg.Append(CultureInfo.InvariantCulture, $$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{Width}} {{height}}" width="{{Width}}" height="{{height}}" font-family="system-ui, sans-serif" font-size="12" role="img">
            <title>{{Escape(title)}}</title>
            <style>
            .paper{fill:#fff} .ink{fill:#24292f} .band,.head{fill:#24292f;font-weight:600} .head{font-size:16px} .soft{fill:#57606a}
            .grid{stroke:#d0d7de} .rule{stroke:#d0d7de;stroke-dasharray:2 3} .promise{stroke:#cf222e;stroke-dasharray:5 3}
            .s0{fill:#0969da;stroke:#0969da} .s1{fill:#bc4c00;stroke:#bc4c00} .s2{fill:#8250df;stroke:#8250df} .s3{fill:#1a7f37;stroke:#1a7f37} .s4{fill:#6e7781;stroke:#6e7781} .s5{fill:#bf3989;stroke:#bf3989}
            @media (prefers-color-scheme: dark){
            .paper{fill:#0d1117} .ink,.band,.head{fill:#e6edf3} .soft{fill:#8d96a0} .grid,.rule{stroke:#30363d} .promise{stroke:#ff7b72}
            .s0{fill:#58a6ff;stroke:#58a6ff} .s1{fill:#f0883e;stroke:#f0883e} .s2{fill:#bc8cff;stroke:#bc8cff} .s3{fill:#3fb950;stroke:#3fb950} .s4{fill:#9198a1;stroke:#9198a1} .s5{fill:#f778ba;stroke:#f778ba}
            }
            </style>
            <rect class="paper" width="{{Width}}" height="{{height}}"/>

            """);
        Text("head", 12, 26, "start", title);
        Text("soft", 12, 46, "start", note);
    }

    private void Legend()
    {
        var x = 12.0;
        for (var i = 0; i < series.Count; i++)
        {
            Shape(i, x + 5, 66);
            Text("ink", x + 16, 70, "start", series[i]);
            x += 40 + (series[i].Length * 7);
        }
    }

    private void Grid(double top, double bottom)
    {
        foreach (var (at, word) in axis.Ticks)
        {
            Line("grid", X(at), top, X(at), bottom);
            Text("soft", X(at), top - 6, "middle", word);
            Text("soft", X(at), bottom + 18, "middle", word);
        }

        if (promise is { } share) Line("promise", X(axis.At(share)), top, X(axis.At(share)), bottom);
    }

    private void Mark(Dot dot, double y)
    {
        if (dot.High > dot.Low) Line($"s{dot.Series % 6}", X(axis.At(dot.Low)), y, X(axis.At(dot.High)), y);
        Shape(dot.Series, X(axis.At(dot.Value)), y);
    }

    /// <summary>A shape for each series, so that colour alone need not tell them apart.</summary>
    private void Shape(int index, double x, double y)
    {
        var style = $"s{index % 6}";
        svg.Append((index % 6) switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"<circle class=\"{style}\" cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"4\"/>\n"),
            1 => string.Create(
                CultureInfo.InvariantCulture, $"<rect class=\"{style}\" x=\"{x - 3:0.#}\" y=\"{y - 3:0.#}\" width=\"6\" height=\"6\"/>\n"),
            2 => string.Create(CultureInfo.InvariantCulture, $"<path class=\"{style}\" d=\"M{x:0.#} {y - 4:0.#}l4 7h-8z\"/>\n"),
            3 => string.Create(
                CultureInfo.InvariantCulture, $"<path class=\"{style}\" d=\"M{x:0.#} {y - 4.5:0.#}l4.5 4.5l-4.5 4.5l-4.5 -4.5z\"/>\n"),
            4 => string.Create(
                CultureInfo.InvariantCulture,
                $"<path class=\"{style}\" stroke-width=\"2\" d=\"M{x - 3.5:0.#} {y - 3.5:0.#}l7 7m0 -7l-7 7\"/>\n"),
            _ => string.Create(
                CultureInfo.InvariantCulture, $"<path class=\"{style}\" stroke-width=\"2\" d=\"M{x - 4:0.#} {y:0.#}h8m-4 -4v8\"/>\n"),
        });
    }

    private static double X(double at) => Left + (at * (Width - Left - Right));

    private void Line(string style, double x1, double y1, double x2, double y2) =>
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"{style}\" x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" "
            + $"y2=\"{y2:0.#}\"/>\n");

    private void Text(string style, double x, double y, string anchor, string text) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\" "
            + $"text-anchor=\"{anchor}\">{Escape(text)}</text>\n");

    private static string Escape(string text) => SecurityElement.Escape(text);
}

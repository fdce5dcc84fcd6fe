using System.Globalization;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>Layouts by the bytes that they were written with, so that bounds that repeat are compared and not parsed.</summary>
internal sealed class LayoutCache
{
    // Two, as the arms may be written by two programs.
    private readonly byte[][] raw = [[], []];
    private readonly LatencyLayout?[] layouts = new LatencyLayout?[2];
    private readonly double[] edges = new double[LatencyLayout.MostEdges];
    private int last;

    public bool Read(ref JsonCursor from, out LatencyLayout layout)
    {
        from.White();
        for (var i = 0; i < raw.Length; i++)
        {
            if (layouts[last] is { } known && from.Rest.StartsWith(raw[last]))
            {
                from.Skip(raw[last].Length);
                layout = known;
                return true;
            }

            last = 1 - last;
        }

        return Parse(ref from, out layout);
    }

    private bool Parse(ref JsonCursor from, out LatencyLayout layout)
    {
        layout = LatencyLayout.Proxy;
        var whole = from.Rest;
        if (!from.Needs('[')) return false;
        var count = 0;
        if (!from.Takes(']'))
        {
            do
            {
                if (count == edges.Length) return from.Fail($"latency.bounds has more than {LatencyLayout.MostEdges}, write fewer buckets");
                if (!from.Number("latency.bounds"u8, out var edge)) return false;
                if (edge <= 0) return from.Fail($"latency.bounds has {Text(edge)}, write positive seconds");
                if (count > 0 && edge <= edges[count - 1])
                    return from.Fail(
                        $"latency.bounds does not rise: {Text(edge)} follows {Text(edges[count - 1])}, write upper edges in rising order");
                edges[count++] = edge;
            }
            while (from.Next(']'));
            if (from.Problem is not null) return false;
        }

        if (count == 0) return from.Fail("latency.bounds is empty, write at least one upper edge");
        layout = Known(edges.AsSpan(0, count)) ?? LatencyLayout.Of(edges.AsSpan(0, count));
        last = 1 - last;
        (raw[last], layouts[last]) = (whole[..(whole.Length - from.Rest.Length)].ToArray(), layout);
        return true;
    }

    /// <summary>The same edges in another spelling are the same layout.</summary>
    private LatencyLayout? Known(ReadOnlySpan<double> wanted)
    {
        foreach (var layout in layouts)
            if (layout is not null && layout.Edges.SequenceEqual(wanted)) return layout;
        return null;
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}

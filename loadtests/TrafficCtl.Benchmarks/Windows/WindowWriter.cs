using System.Globalization;
using System.Text;

namespace TrafficCtl.Benchmarks.Windows;

/// <summary>Writes a seeded file of windows: both arms alike, 250 requests each in five seconds, traces of 20,000 windows.</summary>
internal static class WindowWriter
{
    private const int Requests = 250, Shapes = 200, WindowsOfATrace = 20_000;

    /// <summary>Bytes written.</summary>
    public static long Write(string file, int bounds, int windows, int windowsOfATrace = WindowsOfATrace)
    {
        var random = new Random(7);
        double[] edges = bounds > 100
            ? [.. Enumerable.Range(0, bounds).Select(i => 0.0001 * Math.Exp(Math.Log(1.05) / 2 * i))]
            : [.. Enumerable.Range(0, bounds).Select(i => 0.001 * Math.Pow(1.6, i))];
        var written = string.Join(',', edges.Select(e => e.ToString("G6", CultureInfo.InvariantCulture)));
        var latencies = Enumerable.Range(0, Shapes).Select(_ => Encoding.UTF8.GetBytes(
            $",\"latency\":{{\"bounds\":[{written}],\"counts\":[{Counts(edges, random)}]}}}}\n")).ToArray();
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        for (var i = 0; i < windows; i++)
        {
            var tick = i / 2;
            var (trace, t) = (tick / (windowsOfATrace / 2), 5 * ((tick % (windowsOfATrace / 2)) + 1));
            stream.Write(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $"{{\"trace\":\"t{trace}\",\"t\":{t},\"step\":1,\"weight\":5000,\"arm\":\"{(i % 2 == 0 ? "stable" : "candidate")}\","
                + $"\"requests\":{Requests},\"errors\":{(random.Next(4) == 0 ? 1 : 0)}")));
            stream.Write(latencies[random.Next(Shapes)]);
        }

        return stream.Length;
    }

    /// <summary>Lognormal around 80 ms with sigma 0.6.</summary>
    private static string Counts(double[] edges, Random random)
    {
        var counts = new int[edges.Length + 1];
        for (var i = 0; i < Requests; i++)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var at = edges.AsSpan().BinarySearch(0.08 * Math.Exp(0.6 * normal));
            counts[at >= 0 ? at : ~at]++;
        }

        return string.Join(',', counts);
    }
}

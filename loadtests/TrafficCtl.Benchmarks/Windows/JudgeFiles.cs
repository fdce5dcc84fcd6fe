using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace TrafficCtl.Benchmarks.Windows;

/// <summary>A million windows through <c>trafficctl judge</c>, beside programs that only read the same file.</summary>
internal static class JudgeFiles
{
    private const int Million = 1_000_000, ManyTraces = 10_000;

    /// <param name="program">The published trafficctl.</param>
    /// <param name="directory">Where the files are written; the larger one has about 7 GB.</param>
    /// <param name="windows">How many instead of a million.</param>
    public static async Task RunAsync(string program, string directory, string[] windows)
    {
        var count = windows is [var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : Million;
        Console.WriteLine(
            "file                                         reader             seconds    MB/s  windows/s  MiB resident  time of judge");
        foreach (var (name, bounds, ofATrace) in new[]
        {
            ("20 bounds", 20, 20_000), ("20 bounds, 10,000 traces", 20, count / ManyTraces), ("566 bounds", 566, 20_000)
        })
        {
            var file = Path.Combine(directory, "windows.ndjson");
            var bytes = WindowWriter.Write(file, bounds, count, ofATrace);
            var ours = await Reader.RunAsync(program, ["judge", file]);
            Print(name, "trafficctl judge", bytes, count, ours, ours);
            Print(name, "System.Text.Json", bytes, count, Parse(file), ours);
            Print(
                name, "python3 json", bytes, count,
                await Reader.RunAsync("python3", ["-c", "import json,sys\nfor line in open(sys.argv[1],'rb'): json.loads(line)", file]),
                ours);
            File.Delete(file);
        }
    }

    /// <summary>Parses every line and does nothing with it.</summary>
    private static Measured Parse(string file)
    {
        var clock = Stopwatch.StartNew();
        using var lines = new StreamReader(file, System.Text.Encoding.UTF8, false, 1 << 20);
        while (lines.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
        }

        return new Measured(clock.Elapsed.TotalSeconds, Environment.WorkingSet);
    }

    private static void Print(string file, string reader, long bytes, int windows, Measured? measured, Measured? judge)
    {
        var words = measured is { } m
            ? string.Create(CultureInfo.InvariantCulture, $"{m.Seconds,8:0.00} {bytes / 1e6 / m.Seconds,7:0} {windows / m.Seconds,10:N0} "
                + $"{m.Resident / 1048576.0,13:0} {judge?.Seconds / m.Seconds,12:0.00} of it")
            : "not here";
        Console.WriteLine($"{string.Create(CultureInfo.InvariantCulture, $"{windows:N0} windows, {file}"),-44} {reader,-18} {words}");
    }
}

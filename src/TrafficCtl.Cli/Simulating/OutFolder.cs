using System.Collections.Immutable;
using System.Text.Json;
using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Reports;

namespace TrafficCtl.Cli.Simulating;

/// <summary>The folder of <c>--out</c>; that it can be written to is known before anything is simulated.</summary>
internal sealed class OutFolder
{
    private OutFolder(string path) => Path = path;

    public string Path { get; }

    /// <exception cref="Failure">It can be neither found nor made.</exception>
    public static OutFolder Open(string path) => Try(path, () =>
    {
        Directory.CreateDirectory(path);
        return new OutFolder(path);
    });

    public void Write(ComparisonPlan plan, ImmutableArray<Cell> cells) => Try(Path, () =>
    {
        using (var csv = File.CreateText(Of("comparison.csv"))) ComparisonCsv.Write(cells, csv);
        using (var stream = File.Create(Of("comparison.json")))
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true })) ComparisonJson.Write(plan, cells, json);
        foreach (var (file, svg) in ComparisonPlots.Of(plan, cells)) File.WriteAllText(Of(file), svg);
        return true;
    });

    private string Of(string file) => System.IO.Path.Combine(Path, file);

    private static T Try<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new Failure("cannot write", path, $"{e.Message} Name a folder that you may write to");
        }
    }
}

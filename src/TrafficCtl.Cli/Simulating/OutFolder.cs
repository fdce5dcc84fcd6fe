using System.Collections.Immutable;
using System.Text.Json;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Simulator.Comparing;
using TrafficCtl.Simulator.Reports;
using TrafficCtl.Simulator.TypeI;

namespace TrafficCtl.Cli.Simulating;

/// <summary>The folder of <c>--out</c>; that it can be written to is known before anything is simulated.</summary>
internal sealed class OutFolder
{
    private const string WhatToDo = "Name a folder that you may write to";

    private OutFolder(string path) => Path = path;

    public string Path { get; }

    /// <exception cref="Failure">It can be neither found nor made.</exception>
    public static OutFolder Open(string path)
    {
        if (path.Length == 0) throw new Failure("no folder", "the name after --out is empty", WhatToDo);
        if (File.Exists(path)) throw new Failure("cannot write", path, $"it is a file, not a folder. {WhatToDo}");
        return Try(path, () =>
        {
            Directory.CreateDirectory(path);
            return new OutFolder(path);
        });
    }

    public void Write(ComparisonPlan plan, ImmutableArray<Cell> cells) => Try(Path, () =>
    {
        WriteText("comparison.csv", csv => ComparisonCsv.Write(cells, csv));
        WriteJson("comparison.json", json => ComparisonJson.Write(plan, cells, json));
        foreach (var (file, svg) in ComparisonPlots.Of(plan, cells)) WriteText(file, to => to.Write(svg));
        return true;
    });

    public void Write(TypeIPlan plan, ImmutableArray<TypeICell> cells) => Try(Path, () =>
    {
        WriteText("type-i.csv", csv => TypeICsv.Write(plan, cells, csv));
        WriteJson("type-i.json", json => TypeIJson.Write(plan, cells, json));
        return true;
    });

    private void WriteText(string file, Action<TextWriter> write)
    {
        using var to = File.CreateText(Of(file));
        write(to);
    }

    private void WriteJson(string file, Action<Utf8JsonWriter> write)
    {
        using var to = File.Create(Of(file));
        using var json = new Utf8JsonWriter(to, new JsonWriterOptions { Indented = true });
        write(json);
    }

    private string Of(string file) => System.IO.Path.Combine(Path, file);

    private static T Try<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new Failure("cannot write", path, $"{e.Message} {WhatToDo}");
        }
    }
}

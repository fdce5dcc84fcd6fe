using TrafficCtl.Core.Judging;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config;

/// <summary>A file of tolerances to an analysis, or all that is wrong with it.</summary>
/// <remarks>
/// It holds what stands under <c>analysis:</c> in a delivery file, alone or under that key, or it is a delivery file
/// of one service. A metric needs no query here: its readings come from elsewhere.
/// </remarks>
public static class AnalysisFile
{
    private static readonly SectionShape Wrapped = new(
        "an analysis file", [CommonKeys.Analysis], [], []);

    /// <summary>The file's analysis; what it leaves out is the default.</summary>
    public static Parsed<Analysis> Load(string path) => Whole(LoadChanges(path));

    /// <summary>What the file says, to be put over another analysis.</summary>
    public static Parsed<AnalysisChanges> LoadChanges(string path)
    {
        var report = new Report(path);
        return YamlFile.Bytes(path, DeliveryFiles.MaxBytes, "keep the analysis in a file of its own", report) is { } bytes
            ? Read(bytes, report)
            : new Parsed<AnalysisChanges>.Problems([.. report.All]);
    }

    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Its name, for messages.</param>
    public static Parsed<Analysis> ReadText(ReadOnlySpan<byte> bytes, string file) => Whole(Read(bytes, new Report(file)));

    private static Parsed<Analysis> Whole(Parsed<AnalysisChanges> changes) => changes switch
    {
        Parsed<AnalysisChanges>.Ok(var given) => new Parsed<Analysis>.Ok(given.Over(Analysis.Default)),
        Parsed<AnalysisChanges>.Problems(var problems) => new Parsed<Analysis>.Problems(problems),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static Parsed<AnalysisChanges> Read(ReadOnlySpan<byte> bytes, Report report)
    {
        var documents = YamlFile.Documents(bytes, "write errors: { worse-by: 0.1pp }", report);
        if (documents.Length > 1)
            report.Add(documents[1], "", $"the file holds {documents.Length} documents", "name a file with one service");
        var changes = documents is [var document, ..] ? Read(document, report) : null;
        return changes is not null && report.IsClean
            ? new Parsed<AnalysisChanges>.Ok(changes)
            : new Parsed<AnalysisChanges>.Problems([.. report.All]);
    }

    private static AnalysisChanges? Read(Node document, Report report)
    {
        if (Has(document, "service")) return Inside(DeliverySchema.Of(document), document, report);
        if (Has(document, "analysis")) return Inside(Wrapped, document, report);
        return AnalysisSchema.Root.Read(document, "", report) is Value.Section section ? Checked(section, report) : null;
    }

    private static AnalysisChanges? Inside(SectionShape shape, Node document, Report report) =>
        shape.Read(document, "", report) is Value.Section root ? Checked(root.Find("analysis") as Value.Section, report) : null;

    private static AnalysisChanges Checked(Value.Section? given, Report report)
    {
        AnalysisReader.Read(given, report);
        return new AnalysisChanges(given);
    }

    private static bool Has(Node document, string key) => document is Node.Map map && map.Entries.Any(e => e.Key.Text == key);
}

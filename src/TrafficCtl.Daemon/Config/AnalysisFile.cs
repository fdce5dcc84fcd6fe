using TrafficCtl.Core.Judging;
using TrafficCtl.Daemon.Config.Reading;
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
    private static readonly SectionShape Wrapped = new("an analysis file", [DeliverySchema.Root.Keys.Single(k => k.Name == "analysis")], [], []);

    public static Parsed<Analysis> Load(string path)
    {
        var report = new Report(path);
        return YamlFile.Bytes(path, DeliveryFiles.MaxBytes, "keep the analysis in a file of its own", report) is { } bytes
            ? Read(bytes, report)
            : new Parsed<Analysis>.Problems([.. report.All]);
    }

    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Its name, for messages.</param>
    public static Parsed<Analysis> ReadText(ReadOnlySpan<byte> bytes, string file) => Read(bytes, new Report(file));

    private static Parsed<Analysis> Read(ReadOnlySpan<byte> bytes, Report report)
    {
        var documents = YamlFile.Documents(bytes, "write errors: { worse-by: 0.1pp }", report);
        if (documents.Length > 1)
            report.Add(documents[1], "", $"the file holds {documents.Length} documents", "name a file with one service");
        var analysis = documents is [var document, ..] ? Read(document, report) : null;
        return analysis is not null && report.IsClean
            ? new Parsed<Analysis>.Ok(analysis)
            : new Parsed<Analysis>.Problems([.. report.All]);
    }

    private static Analysis? Read(Node document, Report report)
    {
        if (Has(document, "service")) return Inside(DeliverySchema.Root, document, report);
        if (Has(document, "analysis")) return Inside(Wrapped, document, report);
        return DeliverySchema.AnalysisKeys.Read(document, "", report) is Value.Section section ? AnalysisReader.Read(section, report) : null;
    }

    private static Analysis? Inside(SectionShape shape, Node document, Report report) =>
        shape.Read(document, "", report) is Value.Section root ? AnalysisReader.Read(root.Find("analysis") as Value.Section, report) : null;

    private static bool Has(Node document, string key) => document is Node.Map map && map.Entries.Any(e => e.Key.Text == key);
}

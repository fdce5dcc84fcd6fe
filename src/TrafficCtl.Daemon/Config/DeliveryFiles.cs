using System.Collections.Immutable;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Pipelines;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config;

/// <summary>Delivery files to services and pipelines: all of them, or all that is wrong with them.</summary>
public static class DeliveryFiles
{
    public const int MaxBytes = 1 << 20;
    public const int MaxFiles = 10_000;

    /// <summary>How many services one process may have. <c>loadtests/services</c> measures what so many cost.</summary>
    public const int MaxServices = 10_000;

    private static readonly Abilities Processes = Abilities.ProcessRuntime(OperatingSystem.IsLinux());

    /// <summary>The services of files and directories (their *.yaml and *.yml, sorted by name), in order, without pipelines.</summary>
    public static Parsed<ImmutableArray<ServiceSpec>> Load(ImmutableArray<string> paths, Abilities? abilities = null) =>
        Read(paths, null, abilities) switch
        {
            Parsed<Deliveries>.Ok(var read) => new Parsed<ImmutableArray<ServiceSpec>>.Ok([.. read.Services.Select(d => d.Spec)]),
            Parsed<Deliveries>.Problems(var all) => new Parsed<ImmutableArray<ServiceSpec>>.Problems(all),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    /// <summary>As <see cref="Load"/>, with origins and warnings.</summary>
    /// <param name="paths">Files and directories. A file may be a pipe, which is read to its end.</param>
    /// <param name="pipes">Keeps what pipes gave for the next reading; null when there is none.</param>
    /// <param name="abilities">
    /// What the process that is to serve them can do; null is an embedded proxy with neither Prometheus nor Alertmanager.
    /// </param>
    /// <remarks>It waits for whoever writes to a pipe, and for a mount that hangs (<see cref="Control.Files.Blocking"/>).</remarks>
    public static Parsed<Deliveries> Read(ImmutableArray<string> paths, Pipes? pipes = null, Abilities? abilities = null)
    {
        var drafts = new Drafts(abilities ?? Abilities.Embedded());
        var reports = new List<Report>();
        foreach (var path in paths) ReadPath(path, pipes, drafts, reports);
        if (paths.IsDefaultOrEmpty) reports.Add(Complain("(none)", "no file is named", "name one with -f FILE"));
        return Finish(drafts, reports);
    }

    /// <summary>
    /// The text of one file under a name for messages; nothing of the disk is read but the named certificates' existence.
    /// </summary>
    public static Parsed<Deliveries> ReadText(
        ReadOnlySpan<byte> bytes, string file, string directory, Abilities? abilities = null)
    {
        var drafts = new Drafts(abilities ?? Abilities.Embedded());
        var report = new Report(file);
        ReadBytes(bytes, directory, report, drafts);
        return Finish(drafts, [report]);
    }

    /// <summary>The files that <paramref name="paths"/> name now: what is to be watched, beside the directories themselves.</summary>
    public static ImmutableArray<string> Find(ImmutableArray<string> paths) =>
        [.. paths.SelectMany(path => Directory.Exists(path) ? FilesOf(path) : [path])];

    private static Parsed<Deliveries> Finish(Drafts drafts, List<Report> reports)
    {
        if (drafts.Count <= MaxServices) NeighbourRules.Check(drafts);
        else drafts[MaxServices].Report.Add(
            drafts[MaxServices].Root.Node, "", $"more than {MaxServices} services",
            "divide them among several processes, each with its own --data-dir");
        PipelineNames.Check(drafts.Pipelines);
        var problems = reports.SelectMany(r => r.All).ToImmutableArray();
        return problems.IsEmpty
            ? new Parsed<Deliveries>.Ok(new Deliveries(
                [.. drafts.Where(static d => !d.IsOfPipeline).Select(Effective.Of)], [.. drafts.Pipelines.Select(PipelineValues.Of)]))
            : new Parsed<Deliveries>.Problems(problems);
    }

    private static void ReadPath(string path, Pipes? pipes, Drafts drafts, List<Report> reports)
    {
        if (!Directory.Exists(path))
        {
            ReadFile(path, pipes, drafts, reports);
            return;
        }

        try
        {
            var files = FilesOf(path);
            if (files.IsEmpty) reports.Add(Complain(path, "the directory has no *.yaml or *.yml", "add a delivery file"));
            if (files.Length > MaxFiles)
                reports.Add(Complain(
                    path, $"the directory has {files.Length} files, at most {MaxFiles} are read",
                    "put several services into a file, as documents split by ---"));
            else foreach (var file in files) ReadListed(file, drafts, reports);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            reports.Add(Complain(path, $"cannot be read: {fault.Message}"));
        }
    }

    private static ImmutableArray<string> FilesOf(string directory) =>
    [
        .. Directory.EnumerateFiles(directory)
            .Where(f => Path.GetExtension(f) is ".yaml" or ".yml")
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Nobody named this one: a pipe among the files of a directory would only hold up the others.</summary>
    private static void ReadListed(string file, Drafts drafts, List<Report> reports)
    {
        var found = FileStatus.Of(file);
        if (found.Kind is FileKind.Regular or FileKind.Missing) ReadFile(file, null, drafts, reports);
        else reports.Add(Complain(file, $"is {found.InWords}, not a file", "move it away: of a directory only files are read"));
    }

    private static void ReadFile(string file, Pipes? pipes, Drafts drafts, List<Report> reports)
    {
        var report = new Report(file);
        reports.Add(report);
        if (YamlFile.Bytes(file, MaxBytes, "split it: -f may be repeated or name a directory", report, pipes) is { } bytes)
            ReadBytes(bytes, Path.GetDirectoryName(Path.GetFullPath(file)) ?? ".", report, drafts);
    }

    private static void ReadBytes(ReadOnlySpan<byte> bytes, string directory, Report report, Drafts drafts)
    {
        foreach (var document in YamlFile.Documents(bytes, "begin with service: NAME", report))
        {
            if (DeliverySchema.Of(document).Read(document, "", report) is not Value.Section root) continue;
            if (PipelineSchema.IsMeant(document))
                drafts.Add(new PipelineReader(root, directory, drafts.Abilities, Processes, report).Read());
            else drafts.Add(new Draft(root, report, new SpecReader(root, directory, drafts.Abilities, report).Read()));
        }
    }

    /// <summary>What was read so far, for one kind of process.</summary>
    private sealed class Drafts(Abilities abilities) : List<Draft>
    {
        public Abilities Abilities => abilities;

        public List<PipelineDraft> Pipelines { get; } = [];

        /// <summary>A pipeline, and each of its targets beside the services.</summary>
        public void Add(PipelineDraft pipeline)
        {
            Pipelines.Add(pipeline);
            AddRange(pipeline.Targets);
        }
    }

    private static Report Complain(string path, string message, string? hint = null)
    {
        var report = new Report(path);
        report.Add(0, 0, "", message, hint);
        return report;
    }
}

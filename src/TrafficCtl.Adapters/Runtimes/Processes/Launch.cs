using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Runtimes;

namespace TrafficCtl.Adapters.Runtimes.Processes;

/// <summary>What is started for a slot, with every placeholder filled and every path found.</summary>
internal sealed record Launch(
    string Program, ImmutableArray<string> Arguments, ImmutableArray<string> Variables, string WorkingDirectory)
{
    private const int MayExecute = 1;

    /// <summary>What a process needs to find its way; nothing else of this process is passed on.</summary>
    private static readonly string[] Passed = ["HOME", "LANG", "PATH", "TMPDIR", "TZ"];

    /// <param name="mark">The value of <see cref="SlotProcess.Variable"/>.</param>
    /// <returns>What to start, or why it cannot be started, in a sentence.</returns>
    public static (Launch? Launch, string? Problem) Prepare(ProcessSettings settings, SlotRecord record, string mark)
    {
        var folder = Libc.FindRealPath(settings.ArtifactFolder);
        if (folder is null)
            return (null, $"{record.Version} is not started: the folder of artifacts {settings.ArtifactFolder} does not exist");
        if (Libc.FindRealPath(record.Artifact) is not { } artifact) return (null, $"the artifact {record.Artifact} does not exist");
        if (!artifact.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal))
            return (null, $"the artifact {record.Artifact} is {artifact}, outside {folder}, where artifacts are to lie; it is not started");
        var directory = settings.WorkingDirectory ?? (Directory.Exists(artifact) ? artifact : Path.GetDirectoryName(artifact)!);
        if (!Directory.Exists(directory)) return (null, $"the working directory {directory} does not exist");

        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["artifact"] = artifact,
            ["environment"] = record.Environment,
            ["port"] = record.Port.ToString(CultureInfo.InvariantCulture),
            ["service"] = record.Service,
            ["slot"] = record.Slot,
            ["version"] = record.Version,
        };
        var variables = MakeVariables(settings, values, mark);
        var words = settings.Command.Fill(values);
        var (program, problem) = Find(words[0], directory, variables.GetValueOrDefault("PATH", ""));
        return program is null
            ? (null, problem)
            : (new Launch(program, words, [.. variables.Select(static v => $"{v.Key}={v.Value}")], directory), null);
    }

    /// <summary>What an error number of the start means.</summary>
    public string Explain(int error) => error switch
    {
        Libc.NoEntry => $"{Program} cannot be started: the interpreter that its first line names does not exist",
        Libc.NoAccess => $"{Program} cannot be started: it, or its interpreter, may not be executed by this user",
        Libc.NoExec => $"{Program} cannot be started: it is no program of this machine (a script needs a first line such as #!/bin/sh)",
        Libc.TextBusy => $"{Program} cannot be started: it is still being written; publish it when it is complete",
        _ => $"{Program} cannot be started: {Marshal.GetPInvokeErrorMessage(error)}",
    };

    private static SortedDictionary<string, string> MakeVariables(
        ProcessSettings settings, Dictionary<string, string> values, string mark)
    {
        var variables = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in Passed)
            if (Environment.GetEnvironmentVariable(name) is { } value) variables[name] = value;
        variables.TryAdd("PATH", "/usr/local/bin:/usr/bin:/bin");
        foreach (var (name, value) in settings.Variables) variables[name] = value.Fill(values);
        variables[SlotProcess.Variable] = mark;
        return variables;
    }

    private static (string? Program, string? Problem) Find(string word, string directory, string path)
    {
        if (!word.Contains('/', StringComparison.Ordinal))
        {
            foreach (var folder in path.Split(':', StringSplitOptions.RemoveEmptyEntries))
                if (Check(Path.Combine(folder, word)) is null) return (Path.Combine(folder, word), null);
            return (null, $"the program {word} is in no folder of PATH ({path}); write its path, or set PATH under env");
        }

        var program = Path.GetFullPath(word, directory);
        return Check(program) is { } problem ? (null, problem) : (program, null);
    }

    private static string? Check(string program) => FileStatus.Of(program) switch
    {
        { Kind: FileKind.Missing } => $"the program {program} does not exist",
        { Kind: not FileKind.Regular } other => $"the program {program} is {other.InWords}, not a file",
        _ when Libc.Access(program, MayExecute) != 0 => $"the program {program} is not executable; make it so with chmod +x",
        _ => null,
    };
}

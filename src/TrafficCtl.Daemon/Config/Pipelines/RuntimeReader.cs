using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config.Pipelines;

/// <summary>The key <c>runtime</c> of an environment, over that of its service, to what starts and stops the versions there.</summary>
/// <param name="directory">That the names of files are relative to.</param>
/// <param name="abilities">Whose files may name programs.</param>
/// <param name="processes">What a runtime of processes can do on this system.</param>
/// <param name="report">Takes the problems.</param>
internal sealed class RuntimeReader(string directory, Abilities abilities, Abilities processes, Report report)
{
    /// <summary>Where the versions lie; null where no artifact is written, or it is not right.</summary>
    public ArtifactPattern? Artifact { get; init; }

    /// <summary>The service writes an artifact, right or not.</summary>
    public bool HasArtifact { get; init; }

    /// <summary>The service writes a runtime, right or not.</summary>
    public bool HasRuntime { get; init; }

    /// <param name="keys">The environment's keys over those of its service.</param>
    /// <param name="own">The environment's keys alone.</param>
    /// <param name="versions">Those that are listed.</param>
    /// <param name="probe">How the proxy finds out whether an endpoint may get requests.</param>
    /// <returns>Null with a problem in the report.</returns>
    public RuntimeSpec? Read(Value.Section keys, Value.Section own, ImmutableArray<VersionSpec> versions, HealthSettings probe)
    {
        switch (keys.Find("runtime"))
        {
            case Value.Section runtime when runtime.Find("process") is Value.Section process:
                if (own.Find("versions") is { } listed)
                    report.Add(
                        listed.Node, listed.Path, "stands beside a process runtime, which starts the versions of artifact",
                        "remove it, or write `runtime: static` in the environment");
                return Process(process);
            case Value.Section:
                return null;
            case null when keys.Find("versions") is null:
                // One that is not right is in the report.
                if (HasRuntime || (own.Node is Node.Map map && map.Entries.Any(static e => e.Key.Text == "runtime"))) return null;
                report.Add(
                    own.Node, YamlTree.Join(own.Path, "runtime"), "is missing: nothing would start a version here",
                    $"add `runtime: {RuntimeSchema.Root.Example}` to the service, or list versions that run already under versions");
                return null;
            case var written:
                if (keys.Find("versions") is not null) return new RuntimeSpec.Static(versions, probe);
                report.Add(
                    written!.Node, written.Path, "has no versions: a static runtime starts none",
                    "add `versions: { v1: [http://127.0.0.1:5001] }`");
                return null;
        }
    }

    /// <summary>What the probe of a process runtime is, for the proxy where nothing else is written.</summary>
    public static HealthSettings? ProbeOf(Value.Section keys) =>
        keys.Find("runtime.process.health") is Value.Section health ? ProbeIn(health) : null;

    private RuntimeSpec.Process? Process(Value.Section process)
    {
        if (processes.LackOf(Ability.StartVersions) is { } lack) report.Add(process.Node, process.Path, lack.Why, lack.Remedy);
        if (!HasArtifact)
            report.Add(
                process.Node, process.Path, "needs an artifact: it starts the versions that lie there",
                "add `artifact: ./releases/{version}/checkout` to the service");
        var command = Required(process, "command", RuntimeSchema.CommandExample) as Value.Leaf;
        var health = Required(process, "health", "/healthz") as Value.Section;
        if (command is not null && VerifyReader.WhyNoProgram(abilities, report) is { } foreign)
            VerifyReader.RefuseProgram(command, foreign, report);
        var variables = Variables(process);
        if (command?.Content is CommandTemplate template && variables is not null && !NamesPort(template, variables))
            report.Add(
                command.Node, command.Path, "names {port} nowhere: the process would not know where to listen",
                "add {port} to the command, or to a variable of env");
        if (command is null || health is null || Artifact is null || variables is null) return null;
        var usual = new ProcessSettings { Command = (CommandTemplate)command.Content, ArtifactFolder = Artifact.Folder };
        return new RuntimeSpec.Process(usual with
        {
            WorkingDirectory = WorkingDirectory(process),
            Variables = variables,
            Health = ProbeIn(health),
            StartTimeout = process.Get("start", usual.StartTimeout),
            StopTimeout = process.Get("stop", usual.StopTimeout),
            DrainTimeout = process.Get("drain", usual.DrainTimeout),
            LogBytes = process.Get("logs.size", usual.LogBytes),
            LogFiles = (int)process.Get("logs.files", (long)usual.LogFiles),
        });
    }

    private Value? Required(Value.Section process, string key, string example)
    {
        if (process.Find(key) is { } given) return given;
        if (process.Node is not Node.Map map || map.Entries.All(e => e.Key.Text != key))
            report.Add(process.Node, YamlTree.Join(process.Path, key), "is missing", $"add `{key}: {example}`");
        return null;
    }

    private ImmutableSortedDictionary<string, TextTemplate>? Variables(Value.Section process)
    {
        var variables = ImmutableSortedDictionary.CreateBuilder<string, TextTemplate>(StringComparer.Ordinal);
        if (process.Find("env") is not Value.Named named) return variables.ToImmutable();
        var isGood = true;
        foreach (var (name, key, value) in named.All)
        {
            if (RuntimeSchema.WhyNoVariable(name) is { } why)
                report.Add(key, YamlTree.Join(named.Path, name), why, "choose another name");
            if (value is Value.Leaf { Content: TextTemplate template }) variables[name] = template;
            else isGood = false;
        }

        return isGood ? variables.ToImmutable() : null;
    }

    private string? WorkingDirectory(Value.Section process)
    {
        if (process.Find("in") is not Value.Leaf { Content: string name } leaf) return null;
        var path = Path.GetFullPath(name, Path.GetFullPath(directory));
        if (!Directory.Exists(path)) report.Add(leaf.Node, leaf.Path, $"there is no folder {ScalarShape.Short(path)}", "make it first");
        return path;
    }

    private static bool NamesPort(CommandTemplate command, ImmutableSortedDictionary<string, TextTemplate> variables) =>
        command.Words.Concat(variables.Values).Any(static t => t.Names.Contains("port"));

    private static HealthSettings ProbeIn(Value.Section health) =>
        new(health.Get<string?>("path", null), Optional(health, "every"), Optional(health, "timeout"));

    private static TimeSpan? Optional(Value.Section section, string key) =>
        section.Find(key) is Value.Leaf { Content: TimeSpan duration } ? duration : null;
}

using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Pipelines;

/// <summary>One document with environments to one pipeline: the rules that hold between its keys.</summary>
/// <param name="root">Its checked values.</param>
/// <param name="directory">That the names of files are relative to.</param>
/// <param name="abilities">What a service of this process can do.</param>
/// <param name="processes">What a runtime of processes can do on this system.</param>
/// <param name="report">Takes the problems.</param>
internal sealed class PipelineReader(Value.Section root, string directory, Abilities abilities, Abilities processes, Report report)
{
    public PipelineDraft Read()
    {
        var declared = root.Find("environments") is Value.Named named ? named.All : [];
        var order = EnvironmentOrder.Read(declared, report);
        var artifact = ReadArtifact();
        var able = abilities.InPipeline();
        var runtimes = new RuntimeReader(directory, able, processes, report)
        {
            Artifact = artifact,
            HasArtifact = IsWritten("artifact"),
            HasRuntime = IsWritten("runtime"),
        };
        var reader = new EnvironmentReader(root, order, directory, able, runtimes, report);
        var environments = ImmutableArray.CreateBuilder<EnvironmentDraft>();
        foreach (var (_, key, value) in declared)
            if (value is Value.Section own) environments.Add(reader.Read(key, own));
        CheckUnused(environments);
        return new PipelineDraft(root, report, environments.ToImmutable(), Finish(environments, artifact));
    }

    private bool IsWritten(string key) => root.Node is Node.Map map && map.Entries.Any(e => e.Key.Text == key);

    private ArtifactPattern? ReadArtifact()
    {
        if (root.Find("artifact") is not Value.Leaf { Content: string text } leaf) return null;
        var (pattern, problem) = ArtifactPattern.Parse(text, Path.GetFullPath(directory));
        if (problem is not null) report.Add(leaf.Node, leaf.Path, problem);
        return pattern;
    }

    /// <summary>Keys of the service that no environment has a use for are there by a slip.</summary>
    private void CheckUnused(IReadOnlyCollection<EnvironmentDraft> environments)
    {
        if (environments.Count == 0) return;
        var targets = environments.SelectMany(static e => e.Targets).Select(static t => t.Draft.Root).ToImmutableArray();
        if (root.Find("versions") is { } versions && targets.All(static t => t.Find("runtime") is Value.Section))
            report.Add(
                versions.Node, versions.Path, "stands beside a process runtime, which starts the versions of artifact",
                "remove it, or write `runtime: static`");
        if (root.Find("tls") is { } tls && targets.All(static t => t.Find("tls") is null))
            report.Add(tls.Node, tls.Path, "no environment is https", "write https:// in listen, or remove tls");
    }

    private PipelineSpec? Finish(IReadOnlyCollection<EnvironmentDraft> environments, ArtifactPattern? artifact)
    {
        if (!report.IsClean) return null;
        var (promotion, problems) = PromotionSpec.Create(
            root.Get("service", ""), environments.Select(static e => e.Spec).OfType<EnvironmentSpec>());
        foreach (var problem in problems) report.Add(root.Node, "environments", problem);
        return promotion is null
            ? null
            : new PipelineSpec(promotion, [.. environments.SelectMany(static e => e.Targets).Select(static t => t.Target!)])
            {
                Artifact = artifact,
            };
    }
}

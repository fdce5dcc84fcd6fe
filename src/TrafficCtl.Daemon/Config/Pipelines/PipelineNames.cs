using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Pipelines;

/// <summary>A service has one pipeline: its facts, its bundles and its people's orders are known by its name alone.</summary>
internal static class PipelineNames
{
    /// <summary>A clash is a problem of the later pipeline, and names the first one.</summary>
    public static void Check(IEnumerable<PipelineDraft> drafts)
    {
        var first = new Dictionary<string, PipelineDraft>(StringComparer.Ordinal);
        foreach (var draft in drafts)
        {
            if (draft.Root.Find("service") is not Value.Leaf { Content: string name } leaf || first.TryAdd(name, draft)) continue;
            var other = first[name];
            draft.Report.Add(
                leaf.Node, leaf.Path, $"{name} is already a pipeline in {other.Report.File}:{other.Root.Find("service")!.Node.Line}",
                "write all its environments into one document");
        }
    }
}

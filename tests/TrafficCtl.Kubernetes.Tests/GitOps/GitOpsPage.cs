using System.Text.Json.Nodes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Kubernetes.Tests.GitOps;

/// <summary>The examples of docs/gitops.md, by the mark that stands above each.</summary>
internal static class GitOpsPage
{
    public static JsonObject Example(string mark)
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "gitops.md"));
        var begin = page.IndexOf("```yaml\n", page.IndexOf($"<!-- {mark} -->", StringComparison.Ordinal), StringComparison.Ordinal)
            + "```yaml\n".Length;
        return YamlJson.One(page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)]);
    }
}

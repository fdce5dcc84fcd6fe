using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Adapters.Tests.GitOps;

/// <summary>The examples of docs/gitops.md, by the mark that stands above each.</summary>
internal static class GitOpsPage
{
    public static JsonObject Example(string mark)
    {
        var page = File.ReadAllText(Path.GetFullPath(Path.Combine(Here(), "../../../docs/gitops.md")));
        var begin = page.IndexOf("```yaml\n", page.IndexOf($"<!-- {mark} -->", StringComparison.Ordinal), StringComparison.Ordinal) + "```yaml\n".Length;
        return YamlJson.One(page[begin..page.IndexOf("```", begin, StringComparison.Ordinal)]);
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

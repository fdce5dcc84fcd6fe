using System.Text.Json.Nodes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Kubernetes.Tests.Deploy;

/// <summary>The files below <c>deploy/</c> of this checkout.</summary>
internal static class DeployFiles
{
    public static string Root { get; } = Find();

    public static string Path(string file) => System.IO.Path.Combine(Root, file);

    public static string Text(string file) => File.ReadAllText(Path(file));

    public static IEnumerable<JsonObject> Objects(string file) => YamlJson.All(Text(file)).Select(o => o.AsObject());

    private static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (Directory.Exists(System.IO.Path.Combine(at.FullName, "deploy", "crds")))
                return System.IO.Path.Combine(at.FullName, "deploy");
        throw new DirectoryNotFoundException($"no deploy/crds above {AppContext.BaseDirectory}");
    }
}

using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>Reads what a dialect needs to see, until nothing is missing.</summary>
internal static class SceneReader
{
    public static async ValueTask<RouteScene> ReadAsync(
        IMeshObjects objects, IMeshDialect dialect, ClusterTarget target, string service, bool isFresh, CancellationToken stop)
    {
        var scene = RouteScene.Empty(target, service);
        while (true)
        {
            var missing = dialect.Needs(scene).Where(n => !scene.Has(n)).ToArray();
            if (missing.Length == 0) return scene;
            foreach (var read in missing) scene = scene.With(read, await objects.ReadAsync(target.Namespace, read, isFresh, stop));
        }
    }
}

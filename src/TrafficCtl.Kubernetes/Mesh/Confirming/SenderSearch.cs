using System.Collections.Immutable;

namespace TrafficCtl.Kubernetes.Mesh.Confirming;

/// <summary>Finds the rules that send to the slots beside the managed one. Other objects than its own are read now and then only.</summary>
internal sealed class SenderSearch(MeshHomes homes, MeshSettings settings, TimeProvider clock)
{
    private readonly List<(MeshRead Read, SceneObjects Found)> lists = [];
    private long? readAt;

    /// <param name="dialect">The dialect of the route.</param>
    /// <param name="scene">The managed object as it is now.</param>
    /// <param name="wanted">The split that is to be confirmed.</param>
    /// <param name="stop">Ends it.</param>
    public async ValueTask<ImmutableArray<OtherSender>> FindAsync(
        IMeshDialect dialect, RouteScene scene, WantedSplit wanted, CancellationToken stop)
    {
        if (readAt is not { } at || clock.GetElapsedTime(at) >= settings.SendersEvery) await ReadAsync(dialect, scene, stop);
        foreach (var (read, found) in lists) scene = scene.With(read, found);
        return dialect.Senders(scene, wanted);
    }

    /// <summary>What cannot be read explains nothing: the confirmation goes on with what is known.</summary>
    private async ValueTask ReadAsync(IMeshDialect dialect, RouteScene scene, CancellationToken stop)
    {
        readAt = clock.GetTimestamp();
        lists.Clear();
        foreach (var of in dialect.Sending)
        {
            var read = new MeshRead(of, null, IsOptional: true);
            if (scene.Has(read)) continue;
            try
            {
                lists.Add((read, await homes.ObjectsOf(dialect).ReadAsync(scene.Namespace, read, isFresh: false, stop)));
            }
            catch (MeshException)
            {
                // It is looked for again after a while; the share is judged without it until then.
            }
        }
    }
}

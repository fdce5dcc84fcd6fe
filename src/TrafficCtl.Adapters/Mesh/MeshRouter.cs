using System.Collections.Concurrent;
using TrafficCtl.Adapters.Kubernetes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Mesh;

/// <summary>Moves traffic by routing objects of a mesh: one <see cref="RouteKeeper"/> for each service.</summary>
/// <remarks>
/// The fence against an older generation is this process' memory: objects of others are not annotated. A leader that was
/// deposed is held off by the write guard below it, by the uid and generation tests of each patch, and by the store.
/// </remarks>
internal sealed class MeshRouter(MeshParts parts) : ITrafficRouter, IRoutesInForce, IRouteMemory
{
    private readonly ConcurrentDictionary<string, RouteKeeper> keepers = new(StringComparer.Ordinal);

    public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop) => KeeperOf(route.Service).ApplyAsync(route, stop);

    public ValueTask<RouterStatus?> ObserveAsync(string service, CancellationToken stop) =>
        keepers.TryGetValue(service, out var keeper) ? keeper.ObserveAsync(stop) : ValueTask.FromResult<RouterStatus?>(null);

    public ValueTask<AbortEffect?> AbortAsync(Wish abort, CancellationToken stop) => KeeperOf(abort.Service).AbortAsync(abort, stop);

    public async ValueTask AnsweredAsync(Wish abort, CancellationToken stop) => await KeeperOf(abort.Service).AnsweredAsync(abort, stop);

    public ValueTask<RouterStatus?> RecallAsync(string service, CancellationToken stop) => KeeperOf(service).RecallAsync(stop);

    public void Settle(string service)
    {
        if (keepers.TryGetValue(service, out var keeper)) keeper.Settle();
    }

    public ServiceRoute? Find(string service) => keepers.TryGetValue(service, out var keeper) ? keeper.Put : null;

    public ManagedRule? RuleOf(string service) => keepers.TryGetValue(service, out var keeper) ? keeper.Rule : null;

    /// <summary>Believes nothing of before: another process may have led in between.</summary>
    public void Forget() => keepers.Clear();

    private RouteKeeper KeeperOf(string service) => keepers.GetOrAdd(service, static (service, parts) => new RouteKeeper(service, parts), parts);
}

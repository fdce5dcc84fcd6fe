using System.Collections.Concurrent;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>Moves traffic by routing objects of a mesh: one <see cref="RouteGroup"/> for each service.</summary>
/// <remarks>
/// The fence against an older generation is this process' memory: objects of others are not annotated. A former leader
/// deposed is held off by the write guard below it, by the uid and generation tests of each patch, and by the store.
/// </remarks>
internal sealed class MeshRouter(MeshParts parts) : ITrafficRouter, IRoutesInForce, IRouteMemory
{
    // A cluster has one environment of a service.
    private readonly ConcurrentDictionary<string, RouteGroup> groups = new(StringComparer.Ordinal);

    public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop) => GroupOf(route.Key).ApplyAsync(route, stop);

    public ValueTask<RouterStatus?> ObserveAsync(TargetKey key, CancellationToken stop) =>
        groups.TryGetValue(key.Service, out var group) ? group.ObserveAsync(stop) : ValueTask.FromResult<RouterStatus?>(null);

    public ValueTask<AbortEffect?> AbortAsync(Wish abort, CancellationToken stop) => GroupOf(abort.Key).AbortAsync(abort, stop);

    public ValueTask AnsweredAsync(Wish abort, CancellationToken stop) => GroupOf(abort.Key).AnsweredAsync(abort, stop);

    public ValueTask<RouterStatus?> RecallAsync(TargetKey key, CancellationToken stop) => GroupOf(key).RecallAsync(stop);

    public void Settle(TargetKey key)
    {
        if (groups.TryGetValue(key.Service, out var group)) group.Settle();
    }

    public ServiceRoute? Find(string service) => groups.TryGetValue(service, out var group) ? group.Put : null;

    public ManagedRule? RuleOf(string service) => groups.TryGetValue(service, out var group) ? group.Rule : null;

    /// <summary>Believes nothing of before: another process may have led in between.</summary>
    public void Forget() => groups.Clear();

    /// <summary>A service that is declared in another environment has another record and other rollouts: its group begins anew.</summary>
    private RouteGroup GroupOf(TargetKey key) => groups.AddOrUpdate(
        key.Service, static (_, made) => new RouteGroup(made.Key, made.Parts),
        static (_, held, made) => held.Key == made.Key ? held : new RouteGroup(made.Key, made.Parts), (Key: key, Parts: parts));
}

using System.Collections.Concurrent;
using TrafficCtl.Adapters.Kubernetes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Mesh;

/// <summary>Moves traffic by routing objects of a mesh: one <see cref="RouteGroup"/> for each service.</summary>
/// <remarks>
/// The fence against an older generation is this process' memory: objects of others are not annotated. A leader that was
/// deposed is held off by the write guard below it, by the uid and generation tests of each patch, and by the store.
/// </remarks>
internal sealed class MeshRouter(MeshParts parts) : ITrafficRouter, IRoutesInForce, IRouteMemory
{
    private readonly ConcurrentDictionary<string, RouteGroup> groups = new(StringComparer.Ordinal);

    public ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop) => GroupOf(route.Service).ApplyAsync(route, stop);

    public ValueTask<RouterStatus?> ObserveAsync(string service, CancellationToken stop) =>
        groups.TryGetValue(service, out var group) ? group.ObserveAsync(stop) : ValueTask.FromResult<RouterStatus?>(null);

    public ValueTask<AbortEffect?> AbortAsync(Wish abort, CancellationToken stop) => GroupOf(abort.Service).AbortAsync(abort, stop);

    public ValueTask AnsweredAsync(Wish abort, CancellationToken stop) => GroupOf(abort.Service).AnsweredAsync(abort, stop);

    public ValueTask<RouterStatus?> RecallAsync(string service, CancellationToken stop) => GroupOf(service).RecallAsync(stop);

    public void Settle(string service)
    {
        if (groups.TryGetValue(service, out var group)) group.Settle();
    }

    public ServiceRoute? Find(string service) => groups.TryGetValue(service, out var group) ? group.Put : null;

    public ManagedRule? RuleOf(string service) => groups.TryGetValue(service, out var group) ? group.Rule : null;

    /// <summary>Believes nothing of before: another process may have led in between.</summary>
    public void Forget() => groups.Clear();

    private RouteGroup GroupOf(string service) =>
        groups.GetOrAdd(service, static (service, parts) => new RouteGroup(service, parts), parts);
}

using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>Releases the routes of services that are over, before anything goes that they may send requests to.</summary>
/// <param name="release">Releases the ownership of a service's route; why it cannot, or null when it is done.</param>
/// <param name="clock">The time.</param>
/// <param name="reports">Reports what cannot be released.</param>
internal sealed class RouteReleases(
    Func<string, CancellationToken, ValueTask<string?>> release, TimeProvider clock, ClearingReports reports)
{
    /// <summary>By service, since when it is tried; null when it is done or given up.</summary>
    private readonly Dictionary<string, long?> begun = new(StringComparer.Ordinal);

    /// <summary>Another process may have led since.</summary>
    public void Forget() => begun.Clear();

    /// <summary>Nothing is to be deleted while the service's route may send requests to it, or nobody can know.</summary>
    public bool Holds(ClusterService service) => !IsDone(service.Name) || IsInConsul(service);

    /// <returns>True when discovery may forget the service.</returns>
    public async ValueTask<bool> ReleaseAsync(ClusterService service, CancellationToken stop)
    {
        if (service.Departure != Departure.Over)
        {
            begun.Remove(service.Name);
            return false;
        }

        if (IsDone(service.Name)) return false;
        if (begun.GetValueOrDefault(service.Name) is not { } since) begun[service.Name] = since = clock.GetTimestamp();
        var root = new KubeName(KubeKind.Service, service.Delivery.Namespace, service.Delivery.Service);
        if (await release(service.Name, stop) is { } why)
        {
            var isOver = clock.GetElapsedTime(since) >= Departures.Limit;
            reports.Tell(root, "ReleaseFailed", isOver ? $"{why}; it is given up, and the route stays as it is" : $"{why}; it is retried");
            if (!isOver) return false;
        }

        begun[service.Name] = null;
        if (!IsInConsul(service)) return true;
        var (space, name) = (root.Namespace, root.Name);
        reports.Tell(
            root, "StillUsed",
            $"Service {space}/{name} was deleted, and only Consul knows whether it still sends requests to the pods that the "
            + $"controller made for it: they stay; kubectl -n {space} delete deployments,services,hpa,configmaps "
            + $"-l {OwnObjects.ManagedBy}={OwnObjects.Us},{OwnObjects.ServiceLabel}={name} deletes them");
        return false;
    }

    private bool IsDone(string service) => begun.TryGetValue(service, out var since) && since is null;

    /// <summary>What a Consul sends requests to is on no object of the cluster.</summary>
    private static bool IsInConsul(ClusterService service) => service.Delivery is { IsManaged: true } delivery
        && (delivery.Route.Dialect == "consul" || delivery.Also.Any(a => a.Route.Dialect == "consul"));
}

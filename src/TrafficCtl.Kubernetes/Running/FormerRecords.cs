using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>Records of a cluster that was driven without a name before it got one: its targets have begun records of their own.</summary>
internal sealed class FormerRecords(Func<IStore> store, Views views)
{
    private const int MostNamed = 3;

    /// <param name="services">The services of a cluster that has a name.</param>
    /// <param name="stop">Ends the reads.</param>
    /// <returns>A sentence; null where no record was left behind, or what begins anew has had a rollout since.</returns>
    /// <exception cref="StoreUnavailableException">The store cannot be read now.</exception>
    public async Task<string?> FindAsync(ImmutableArray<ServiceSpec> services, CancellationToken stop)
    {
        var left = new List<string>();
        foreach (var service in services)
        {
            var former = new TargetKey(service.Service, service.Environment);
            if (views.Find(former) is not null || await store().LoadAsync(former, stop) is not { } record) continue;
            if ((await store().LoadAsync(service.Key, stop))?.LastNumber > 1) continue;
            left.Add(record.Active is { } active
                ? $"{former} ({record.LastGood} is good, the rollout of {active.Candidate} is under way)"
                : $"{former} ({record.LastGood} is good)");
        }

        if (left.Count == 0) return null;
        var more = left.Count > MostNamed ? $" and {left.Count - MostNamed} more" : "";
        return $"nothing declares {string.Join(", ", left.Take(MostNamed))}{more} any more, whose record is kept here; the target "
            + $"{services[0].TargetName} has a record of its own. If it is the same cluster, name it default: --kubernetes default=CONTEXT";
    }
}

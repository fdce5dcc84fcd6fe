using System.Collections.Immutable;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Storage;

namespace TrafficCtl.Kubernetes.Wishes;

/// <summary>
/// Sees wishes that somebody else has recorded on a Delivery: another process of the controller, or a hand on its status.
/// </summary>
/// <remarks>Those of this process are seen too, and looked for once more: nothing is decided twice by that.</remarks>
internal sealed class RecordedWishes(IKubeView view, Action<TargetKey> wake)
{
    private readonly Dictionary<string, ImmutableHashSet<long>> seen = new(StringComparer.Ordinal);

    /// <summary>Wakes the engine for each service with a wish that was not there before.</summary>
    public void Look(IEnumerable<ClusterService> services)
    {
        foreach (var service in services)
        {
            var status = view.Get(new KubeName(KubeKind.Delivery, service.Delivery.Namespace, service.Delivery.Service))?.MapAt("status");
            var before = seen.GetValueOrDefault(service.Name, []);
            var now = status?.ListAt("wishes").Select(w => w.Number("id")).OfType<long>().ToImmutableHashSet() ?? [];
            if (now.IsEmpty) seen.Remove(service.Name);
            else seen[service.Name] = now;
            if (!now.IsSubsetOf(before)) wake(service.Key);
        }
    }
}

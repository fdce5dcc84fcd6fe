using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>
/// The health of a version according to its slot. Kubernetes readiness serves as the probe, and a slot is live as a whole or not at all.
/// </summary>
internal sealed class ArmHealths(IClusterTargets targets, TimeProvider clock)
{
    private readonly Dictionary<string, long> goneSince = new(StringComparer.Ordinal);

    public ArmHealth Of(ClusterTarget target, string? version)
    {
        if (version is null) return default;
        var slot = target.SlotOf(version);
        var endpoints = slot is null ? 0 : Math.Max(1, targets.EndpointsOf(target.Namespace, slot.Service) ?? 1);
        if (slot is { IsReady: true })
        {
            goneSince.Remove(version);
            return new ArmHealth(endpoints, endpoints, endpoints, null);
        }

        if (!goneSince.TryGetValue(version, out var since))
        {
            // Older versions are not queried any more.
            if (goneSince.Count > 4) goneSince.Clear();
            goneSince[version] = since = clock.GetTimestamp();
        }

        // If other versions occupy all slots, waiting does not bring this one back, and its traffic would reach them. A slot that is only
        // empty, such as one whose Service is being recreated, may run this version again in a moment.
        var isReplaced = slot is null && target.Slots.All(s => s.Version is not null);
        return new ArmHealth(slot is null ? isReplaced ? 0 : 1 : endpoints, 0, 0, clock.GetElapsedTime(since));
    }
}

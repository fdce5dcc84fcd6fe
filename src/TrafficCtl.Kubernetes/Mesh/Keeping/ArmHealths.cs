using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>
/// The health of a version, as its slot has it: the cluster's readiness is its probe, and a slot is live as a whole or not at all.
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
            // Of other versions nobody asks any more.
            if (goneSince.Count > 4) goneSince.Clear();
            goneSince[version] = since = clock.GetTimestamp();
        }

        // Where another version has taken its place it does not come back by waiting: what is sent to it reaches that one. A slot that is
        // only empty, such as one whose Service is made anew, may be its own again in a moment.
        var isReplaced = slot is null && target.Slots.All(s => s.Version is not null);
        return new ArmHealth(slot is null ? isReplaced ? 0 : 1 : endpoints, 0, 0, clock.GetElapsedTime(since));
    }
}

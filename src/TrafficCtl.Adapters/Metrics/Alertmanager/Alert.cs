using System.Collections.Frozen;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Alertmanager;

/// <summary>One firing alert that nobody silenced and no other inhibits.</summary>
internal sealed record Alert(FrozenDictionary<string, string> Labels, DateTimeOffset Since)
{
    /// <summary>Labels that name a service or what runs it.</summary>
    private static readonly string[] Naming = [
        "service", "trafficctl_service", "destination_service_name", "deployment", "workload", "destination_workload"
    ];

    public string Name => Labels.GetValueOrDefault("alertname", "an alert without a name");

    public string? Severity => Labels.GetValueOrDefault("severity");

    /// <summary>
    /// One of its naming labels is the service, its Service, one of its slots or a workload behind one; and its namespace,
    /// where it has one, is the service's. An alert that names nothing is nobody's.
    /// </summary>
    public bool IsOf(ServiceSpec service)
    {
        var target = service.Target as ClusterTarget;
        if (Labels.GetValueOrDefault("namespace") is { Length: > 0 } @namespace && target is not null && @namespace != target.Namespace)
            return false;
        foreach (var label in Naming)
        {
            if (!Labels.TryGetValue(label, out var named) || named.Length == 0) continue;
            if (named == service.Service || named == target?.Service) return true;
            if (target is not null && target.Slots.Any(s => s.Service == named || s.Workload == named)) return true;
        }

        return false;
    }
}

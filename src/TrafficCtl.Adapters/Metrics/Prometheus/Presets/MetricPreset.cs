using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics.Prometheus.Presets;

/// <summary>What one mesh or gateway calls its metrics, and what they mean. One file a preset, one row in <c>PresetList</c>.</summary>
internal abstract class MetricPreset
{
    /// <summary>As <c>metrics:</c> names it.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// The server counts: copies of requests with all others, and each process that counts is an instance of the service.
    /// </summary>
    public virtual bool CountsAtServer => false;

    /// <summary>A counter of requests by outcome, seen where also those are counted that never arrive.</summary>
    public abstract SignalQuery Requests { get; }

    /// <summary>Seen where no client's network is in it.</summary>
    public abstract SignalQuery Latency { get; }

    /// <summary>Regular expressions of the matched label for one service, already escaped (<see cref="QueryText.Escape"/>).</summary>
    public abstract IEnumerable<string> Names(string service, ClusterTarget target);

    /// <summary>
    /// What <see cref="KeysOf"/> says of the series of a slot; all slots are followed, whether or not they are an arm now.
    /// </summary>
    public abstract IEnumerable<string> Keys(ClusterTarget target, Slot slot);

    /// <summary>The same of an arm, where the metrics tell the arm themselves; null where they tell the slot.</summary>
    public virtual string? KeyOf(string service, Arm arm) => null;

    /// <summary>Whose series it is: the first key that is somebody's counts, null for none.</summary>
    public abstract (string? First, string? Second) KeysOf(PromLabels labels);

    /// <summary>Whose requests are those of <see cref="IsOfRule"/>.</summary>
    public virtual ShareScope Scope => ShareScope.Workload;

    /// <summary>A series tells the slot only by its place in the rule: of another rule it tells none.</summary>
    public virtual bool IsToldByRule => false;

    /// <summary>The managed rule sent these requests, as far as the labels tell.</summary>
    /// <param name="target">The target of the service.</param>
    /// <param name="rule">Null while it is not known.</param>
    /// <param name="labels">The labels of the series.</param>
    public virtual bool IsOfRule(ClusterTarget target, ManagedRule? rule, PromLabels labels) => true;

    /// <summary>How the requests of a series ended; null when they are none that were sent to the arm.</summary>
    public abstract Outcome? OutcomeOf(PromLabels labels);

    /// <summary>The labels tell client errors from successes.</summary>
    public virtual bool TellsClientErrors => true;

    /// <summary>The HTTP status of a series of client errors; 0 where the labels do not tell it.</summary>
    public virtual int StatusOf(PromLabels labels) => 0;

    protected static IEnumerable<string> Services(ClusterTarget target) =>
        target.Slots.Select(s => s.Service).Prepend(target.Service).Distinct(StringComparer.Ordinal);

    protected static string Workload(Slot slot) => slot.Workload ?? slot.Service;
}

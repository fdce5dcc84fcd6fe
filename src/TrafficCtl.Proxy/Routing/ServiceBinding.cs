using System.Collections.Frozen;
using TrafficCtl.Proxy.Routing.Forwarding;

namespace TrafficCtl.Proxy.Routing;

/// <summary>A service on its listener: its mutable holder of snapshots, and the versions that can be forwarded to.</summary>
internal sealed class ServiceBinding(ServiceRuntime runtime, FrozenDictionary<string, UpstreamTarget> targets)
{
    private FrozenDictionary<string, UpstreamTarget> targets = targets;
    private RoutePlan plan = new(runtime.Current, targets);

    public ServiceRuntime Runtime { get; } = runtime;

    /// <summary>The configuration no longer names the service.</summary>
    public bool IsRemoved { get; private set; }

    /// <summary>The plan of the snapshot in force: one volatile read of it, and a comparison.</summary>
    public RoutePlan Current()
    {
        var serving = Runtime.Current;
        var known = Volatile.Read(ref plan);
        return ReferenceEquals(known.Serving, serving) ? known : Renew(serving);
    }

    /// <summary>Names the versions that snapshots from now on can be of.</summary>
    public void Offer(FrozenDictionary<string, UpstreamTarget> versions)
    {
        Volatile.Write(ref targets, versions);
        Renew(Runtime.Current);
    }

    public void Remove() => IsRemoved = true;

    private RoutePlan Renew(Serving serving)
    {
        var made = new RoutePlan(serving, Volatile.Read(ref targets));
        Volatile.Write(ref plan, made);
        return made;
    }
}

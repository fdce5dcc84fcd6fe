using System.Collections.Frozen;
using TrafficCtl.Proxy.Routing;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>A service on its listener: its mutable holder of snapshots, and the versions that can be forwarded to.</summary>
internal sealed class ServiceBinding(ServiceRuntime runtime, FrozenDictionary<string, UpstreamTarget> targets)
{
    private readonly Lock renewing = new();
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
        lock (renewing)
        {
            targets = versions;
            Renew(Runtime.Current);
        }
    }

    public void Remove() => IsRemoved = true;

    private RoutePlan Renew(Serving serving)
    {
        // A plan of the former targets must not come to stand after one of the present ones.
        lock (renewing)
        {
            var made = new RoutePlan(serving, targets);
            Volatile.Write(ref plan, made);
            return made;
        }
    }
}

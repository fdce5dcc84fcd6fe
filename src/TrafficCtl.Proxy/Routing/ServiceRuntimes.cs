using System.Collections.Frozen;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Proxy.Routing;

/// <summary>The targets that this process serves: replaced whole at start and reload.</summary>
internal sealed class ServiceRuntimes
{
    private FrozenDictionary<TargetKey, ServiceRuntime> byKey = FrozenDictionary<TargetKey, ServiceRuntime>.Empty;

    public FrozenDictionary<TargetKey, ServiceRuntime> All => Volatile.Read(ref byKey);

    /// <summary>Null when the target is not configured. Look it up when routes are built, not per request.</summary>
    public ServiceRuntime? Find(TargetKey key) => All.GetValueOrDefault(key);

    internal void Replace(FrozenDictionary<TargetKey, ServiceRuntime> services) => Volatile.Write(ref byKey, services);
}

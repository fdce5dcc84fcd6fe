using System.Collections.Frozen;

namespace TrafficCtl.Proxy.Routing;

/// <summary>The services that this process serves: replaced whole at start and reload.</summary>
internal sealed class ServiceRuntimes
{
    private FrozenDictionary<string, ServiceRuntime> byName = FrozenDictionary<string, ServiceRuntime>.Empty;

    public FrozenDictionary<string, ServiceRuntime> All => Volatile.Read(ref byName);

    /// <summary>Null when the service is not configured. Look it up when routes are built, not per request.</summary>
    public ServiceRuntime? Find(string service) => All.GetValueOrDefault(service);

    internal void Replace(FrozenDictionary<string, ServiceRuntime> services) => Volatile.Write(ref byName, services);
}

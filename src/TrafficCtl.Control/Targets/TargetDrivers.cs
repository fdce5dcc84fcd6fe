using System.Collections.Concurrent;
using System.Collections.Immutable;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Targets;

/// <summary>The driver of each declared target. Read by any thread.</summary>
public sealed class TargetDrivers(IEnumerable<ITargetFactory> factories)
{
    private readonly ImmutableArray<ITargetFactory> factories = [.. factories];
    private readonly ConcurrentDictionary<TargetKey, TargetDriver> drivers = [];

    /// <exception cref="KeyNotFoundException">The target is not declared, or nothing here can drive it.</exception>
    public TargetDriver Of(TargetKey key) =>
        drivers.TryGetValue(key, out var driver)
            ? driver
            : throw new KeyNotFoundException($"{key.Name} is not declared here, or nothing here can drive it.");

    /// <summary>From now on the target has a driver.</summary>
    /// <returns>False when this process has no module for its kind of target; then it has none.</returns>
    internal bool TryDeclare(ServiceSpec service)
    {
        foreach (var factory in factories)
        {
            if (factory.DriverOf(service) is not { } driver) continue;
            drivers[service.Key] = driver;
            return true;
        }

        return false;
    }

    internal void Forget(TargetKey key) => drivers.TryRemove(key, out _);
}

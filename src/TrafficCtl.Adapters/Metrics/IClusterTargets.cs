using System.Collections.Immutable;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Metrics;

/// <summary>What discovery knows of the services on the cluster now; read from any thread.</summary>
public interface IClusterTargets
{
    /// <summary>Null for a service that is not on this cluster.</summary>
    ClusterTarget? Find(string service);

    /// <summary>The cohorts of a service, in the order of its declaration; empty when it has none.</summary>
    ImmutableArray<Cohort> CohortsOf(string service) => [];

    /// <summary>Ready endpoints of a Service; null where nobody counts them.</summary>
    int? EndpointsOf(string @namespace, string service) => null;

    /// <summary>The same as the API server has it now, not as it was last heard of; asked before traffic is sent there.</summary>
    /// <exception cref="Exception">The server does not say.</exception>
    ValueTask<int?> EndpointsNowAsync(string @namespace, string service, CancellationToken stop) => new(EndpointsOf(@namespace, service));
}

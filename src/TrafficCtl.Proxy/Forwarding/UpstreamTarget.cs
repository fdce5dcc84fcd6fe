using System.Collections.Frozen;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>One version of a service as the forwarder knows it: how it is sent to, and its cluster's health.</summary>
/// <param name="Version">The version's name.</param>
/// <param name="Dispatcher">Sends to it.</param>
/// <param name="Cluster">The version's destinations.</param>
/// <param name="Http2">Whether they speak HTTP/2.</param>
internal sealed record UpstreamTarget(string Version, Dispatcher Dispatcher, ClusterState Cluster, Http2Support Http2)
{
    /// <summary>By an endpoint's address, the Host that it is sent in place of that; null where none is sent another one.</summary>
    public FrozenDictionary<string, string>? Hosts { get; init; }

    /// <summary>At least one destination may take traffic.</summary>
    public bool IsAvailable => Cluster.DestinationsState.AvailableDestinations.Count > 0;
}

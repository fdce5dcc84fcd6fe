using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Routing.Forwarding;

/// <summary>A user with an identity keeps to one endpoint of a version; others go to the less busy of two.</summary>
internal sealed class AffinityPolicy : ILoadBalancingPolicy
{
    public const string PolicyName = "TrafficCtlAffinity";

    public string Name => PolicyName;

    public DestinationState? PickDestination(
        HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
    {
        if (availableDestinations.Count == 0) return null;
        return context.Features.Get<Exchange>() is { HasIdentity: true } exchange
            ? RankedEndpoints.Choose(exchange.UserHash, availableDestinations)
            : LessBusyOfTwo(availableDestinations);
    }

    private static DestinationState LessBusyOfTwo(IReadOnlyList<DestinationState> endpoints)
    {
        var one = endpoints[Random.Shared.Next(endpoints.Count)];
        var other = endpoints[Random.Shared.Next(endpoints.Count)];
        return one.ConcurrentRequestCount <= other.ConcurrentRequestCount ? one : other;
    }
}

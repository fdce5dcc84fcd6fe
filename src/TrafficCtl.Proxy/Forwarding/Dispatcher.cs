using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Services;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>Chooses an endpoint of a version, forwards to it, and reports how that went to the passive health check.</summary>
/// <remarks>
/// YARP's own pipeline would do the same with a middleware for each of these, which costs a feature and two state machines a request.
/// Its clusters, their health and their clients are used as they are.
/// </remarks>
internal sealed class Dispatcher(
    IHttpForwarder forwarder, UpstreamTransformer transformer, IEnumerable<IPassiveHealthCheckPolicy> policies)
{
    private readonly ConditionalWeakTable<DestinationState, EndpointLoad> loads = [];

    private readonly IPassiveHealthCheckPolicy passive =
        policies.Single(p => p.Name == HealthCheckConstants.PassivePolicy.TransportFailureRate);

    /// <summary>Sends the request to an endpoint of its target. The task ends with the last byte of the answer.</summary>
    public Task SendAsync(Exchange exchange)
    {
        var (plan, target) = (exchange.Plan!, exchange.Target!);
        var known = target.Cluster.DestinationsState;
        // When probes found every endpoint dead and there is no other arm to go to, trying is better than refusing.
        var candidates = known.AvailableDestinations.Count > 0 ? known.AvailableDestinations : known.AllDestinations;
        // A second attempt does not go where the first one found nobody.
        if (exchange.Unreachable is { } failed && candidates.Count > 1) candidates = ConnectRetry.OthersThan(failed, candidates);
        if (candidates.Count == 0) return Refusals.NoVersionAsync(exchange.Http, plan.Serving.Spec.Service, target.Version);

        var endpoint = Choose(exchange, candidates, plan.Serving.Settings.HasAffinity);
        exchange.SendsTo(endpoint, candidates.Count > 1 ? LoadOf(endpoint) : null);
        var cluster = target.Cluster.Model;
        return forwarder.SendAsync(
            exchange.Http, endpoint.Model.Config.Address, cluster.HttpClient, cluster.Config.HttpRequest!, transformer).AsTask();
    }

    /// <summary>An attempt is over: what the request's features say of it counts for or against the endpoint.</summary>
    public void Report(HttpContext http, UpstreamTarget target, DestinationState endpoint) =>
        passive.RequestProxied(http, target.Cluster, endpoint);

    /// <summary>A user with an identity keeps to one endpoint where the service has affinity; others go to the less busy of two.</summary>
    private DestinationState Choose(Exchange exchange, IReadOnlyList<DestinationState> among, bool hasAffinity)
    {
        if (among.Count == 1) return among[0];
        if (hasAffinity && exchange.HasIdentity) return RankedEndpoints.Choose(exchange.UserHash, among);
        var one = among[Random.Shared.Next(among.Count)];
        var other = among[Random.Shared.Next(among.Count)];
        return LoadOf(one).UnderWay <= LoadOf(other).UnderWay ? one : other;
    }

    private EndpointLoad LoadOf(DestinationState endpoint) => loads.GetValue(endpoint, static _ => new EndpointLoad());
}

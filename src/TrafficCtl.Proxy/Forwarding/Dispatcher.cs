using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>Chooses an endpoint of a version, forwards to it, and reports the result to the passive health check.</summary>
/// <remarks>
/// YARP's own pipeline does the same with one middleware for each of these, at the cost of a feature and two state machines per request.
/// YARP's clusters, their health and their clients are used unchanged.
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
        // If probes found every endpoint dead and no other arm can serve the request, trying is better than refusing.
        var candidates = known.AvailableDestinations.Count > 0 ? known.AvailableDestinations : known.AllDestinations;
        // A second attempt avoids the endpoint that the first one could not connect to.
        if (exchange.Unreachable is { } failed && candidates.Count > 1) candidates = ConnectRetry.OthersThan(failed, candidates);
        if (candidates.Count == 0) return Refusals.NoVersionAsync(exchange.Http, plan.Serving.Spec.Service, target.Version);

        var endpoint = Choose(exchange, candidates, plan.Serving.Settings.HasAffinity);
        exchange.SendsTo(endpoint, candidates.Count > 1 ? LoadOf(endpoint) : null);
        var cluster = target.Cluster.Model;
        return forwarder.SendAsync(
            exchange.Http, endpoint.Model.Config.Address, cluster.HttpClient, cluster.Config.HttpRequest!, transformer).AsTask();
    }

    /// <summary>Reports the result of an attempt, which the request's features hold, for or against the endpoint.</summary>
    public void Report(HttpContext http, UpstreamTarget target, DestinationState endpoint) =>
        passive.RequestProxied(http, target.Cluster, endpoint);

    /// <summary>
    /// With affinity, a user with an identity stays on one endpoint; other requests go to the less busy of two random endpoints.
    /// </summary>
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

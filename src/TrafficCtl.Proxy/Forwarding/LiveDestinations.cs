using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>Destinations that no probe found dead and that passive checks have not ejected — unless that leaves none.</summary>
/// <remarks>
/// Passive ejection never takes a version's last endpoint: it would hide the failures that the judge and the breaker are
/// there to see. Only failing probes leave a version without destinations.
/// </remarks>
internal sealed class LiveDestinations : IAvailableDestinationsPolicy
{
    public const string PolicyName = "TrafficCtlLive";

    public string Name => PolicyName;

    public IReadOnlyList<DestinationState> GetAvailalableDestinations(ClusterConfig config, IReadOnlyList<DestinationState> allDestinations)
    {
        var alive = allDestinations.Where(d => d.Health.Active != DestinationHealth.Unhealthy).ToArray();
        var trusted = Array.FindAll(alive, d => d.Health.Passive != DestinationHealth.Unhealthy);
        return new RankedEndpoints(trusted.Length > 0 ? trusted : alive);
    }
}

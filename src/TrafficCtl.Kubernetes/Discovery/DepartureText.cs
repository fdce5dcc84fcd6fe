using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>What is reported of a service whose root Service was deleted.</summary>
internal static class DepartureText
{
    /// <summary>Null while the Service is there, or nothing declares one.</summary>
    public static string? Of(KnownService one) => one is not { Delivery: { } delivery } ? null : one.Departure switch
    {
        Departure.None => null,
        Departure.Grace => $"Service {delivery.Namespace}/{delivery.Service} was deleted: it is controlled as before for "
            + $"{DurationText.Of(Departures.Grace)}; apply it again, or its rollout ends and what the controller made for it is deleted",
        Departure.Ending => $"Service {delivery.Namespace}/{delivery.Service} was deleted and stayed away: its rollout ends, "
            + "and all traffic goes to the version that is good",
        _ => $"Service {delivery.Namespace}/{delivery.Service} was deleted: nothing is decided for it any more, "
            + "and what the controller made for it is deleted as soon as nothing sends requests to it",
    };

    public static string Back(ClusterDelivery delivery) =>
        $"Service {delivery.Namespace}/{delivery.Service} is there again: it goes on as before";
}

using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Routing;
using TrafficCtl.Proxy.Snapshots;

namespace TrafficCtl.Proxy.Routing;

/// <summary>Why a candidate gets nothing, for a reader.</summary>
internal static class LatchWords
{
    /// <summary>One sentence without its full stop.</summary>
    /// <param name="latch">Not the breaker's: that has words of its own.</param>
    /// <param name="route">That it holds.</param>
    public static string Of(Latch latch, ServiceRoute route) => latch switch
    {
        { IsUnanswered: true, Abort: { } abort } => $"{route.Candidate} gets 0 % by {AbortWords.Unrecorded(abort)}",
        { Abort: { } abort } => $"{route.Candidate} gets 0 %: {abort.Who} aborted at {InstantText.Of(abort.At)}{Because(abort.Reason)}",
        _ => $"{route.Candidate} gets 0 %, for it is unknown whether the breaker or a person had stopped it: {latch.Why}. Abort it and "
            + "retry to go on",
    };

    /// <summary>What the breaker does while it asks stable; null when the candidate gets what it is asked to get.</summary>
    public static string? OfLimit(Serving serving) => serving switch
    {
        { IsLatched: true } or { CandidateVersion: null } => null,
        { Limit: var limit } when limit >= serving.Route.Exposure.Highest => null,
        _ => $"{serving.CandidateVersion} gets at most {serving.Limit} for the moment: it fails, and the safety breaker looks whether "
            + $"{serving.StableVersion} fails as well",
    };

    private static string Because(string reason) => reason.Length == 0 ? "" : $": {reason}";
}

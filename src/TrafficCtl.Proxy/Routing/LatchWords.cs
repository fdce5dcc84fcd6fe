using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Proxy.Routing;

/// <summary>Why a candidate gets nothing, for a reader.</summary>
internal static class LatchWords
{
    /// <summary>One sentence without its full stop.</summary>
    /// <param name="latch">Not the breaker's: that has words of its own.</param>
    /// <param name="route">That it holds.</param>
    public static string Of(Latch latch, ServiceRoute route) => latch switch
    {
        { IsUnanswered: true, Abort: { } abort } => $"{route.Candidate} gets 0 % by an abort that is not recorded yet ({abort.Who}, {InstantText.Of(abort.At)}{Because(abort.Reason)})",
        { Abort: { } abort } => $"{route.Candidate} gets 0 %: {abort.Who} aborted at {InstantText.Of(abort.At)}{Because(abort.Reason)}",
        _ => $"{route.Candidate} gets 0 %, for nobody knows whether the breaker or a person had stopped it: {latch.Why}. Abort it and retry to go on",
    };

    private static string Because(string reason) => reason.Length == 0 ? "" : $": {reason}";
}

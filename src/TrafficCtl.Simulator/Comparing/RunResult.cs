using TrafficCtl.Simulator.Rules;

namespace TrafficCtl.Simulator.Comparing;

/// <summary>How one run ended.</summary>
/// <param name="End">At the horizon.</param>
/// <param name="PromotedAfter">Seconds until it entered 100 %; null when it never did.</param>
/// <param name="RolledBackAfter">Seconds until it went back; null when it never did.</param>
/// <param name="BadResponses">Expected, beyond what stable would have given.</param>
public readonly record struct RunResult(RunEnd End, double? PromotedAfter, double? RolledBackAfter, double BadResponses)
{
    /// <summary>Seconds until 95 % of the traffic was on the candidate; null when it never was.</summary>
    public double? MostAfter { get; init; }
}

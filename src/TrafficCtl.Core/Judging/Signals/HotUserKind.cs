namespace TrafficCtl.Core.Judging.Signals;

/// <summary>What one user meets on the candidate and not on stable.</summary>
/// <param name="Signal">The name in the finding.</param>
/// <param name="Words">What became of its requests.</param>
/// <param name="Delta">How much more of them than three times stable's share.</param>
/// <param name="LeastOnStable">Requests on stable without which nothing is said of the user.</param>
internal sealed record HotUserKind(string Signal, string Words, double Delta, long LeastOnStable)
{
    public static readonly HotUserKind Failing = new("top user", "failed", 0.01, 0);

    /// <summary>
    /// A caller may be at fault, and a scanner that nobody saw on stable most likely is: only one whom stable served is believed.
    /// </summary>
    public static readonly HotUserKind Refused = new("top user client errors", "were answered 4xx", ClientGuardSignal.Delta, 20);
}

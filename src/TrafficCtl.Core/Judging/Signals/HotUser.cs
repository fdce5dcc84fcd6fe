using System.Globalization;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>One user who makes much of the candidate's traffic and fails there and not on stable: it holds, and never rolls back.</summary>
/// <remarks>
/// The cap per user lets no one user decide about a version, and hides one whose every request fails. It is a rule and no test: it
/// holds for as long as the last ten minutes are so.
/// </remarks>
internal sealed class HotUser(HotUserKind kind)
{
    private const double LeastShare = 0.05, LeastRate = 0.05, Rho = 3;
    private const int LeastErrors = 5;

    private TopUser top;
    private double stableRate;

    public string Signal => kind.Signal;

    /// <summary>At least 5 % of the requests, and plainly more failures than the same user, and than everybody, meets on stable.</summary>
    public bool Holds =>
        top.IsKnown && top.Errors >= LeastErrors && top.Requests >= LeastShare * top.Of && Rate >= LeastRate
        && top.StableRequests >= kind.LeastOnStable && Rate > (Rho * Math.Max(StableRate, stableRate)) + kind.Delta;

    private double Rate => Math.Min(1, top.Errors / (double)Math.Max(1, top.Requests));

    private double StableRate => top.StableRequests > 0 ? Math.Min(1, top.StableErrors / (double)top.StableRequests) : 0;

    /// <param name="newest">The top user of the last minutes.</param>
    /// <param name="rate">Stable's rate of the same over all users.</param>
    public void Observe(in TopUser newest, double rate)
    {
        if (newest.IsKnown) (top, stableRate) = (newest, rate);
    }

    public string Text
    {
        get
        {
            var share = NumberText.Percent(top.Requests / (double)Math.Max(1, top.Of));
            var onStable = top.StableRequests > 0 ? $"{SignalWords.Of(Stable)} on stable" : "and it has none on stable";
            return $"one user{Name(top.Hash)} makes {share} of the candidate's requests; {SignalWords.Of(Candidate)} {kind.Words} there, "
                + $"{onStable}";
        }
    }

    private Sample Candidate => new(top.Errors, top.Requests);

    private Sample Stable => new(top.StableErrors, top.StableRequests);

    // A file of windows names nobody.
    private static string Name(uint hash) => hash == 0 ? "" : $" ({hash.ToString("x8", CultureInfo.InvariantCulture)})";

    /// <summary>Null while nobody fails so.</summary>
    public Finding? Find() => !Holds
        ? null
        : new Finding(
            Signal, Verdict.Unsure, StableRate > 0 ? Rate / StableRate : double.NaN, double.NaN, double.NaN, 0, 0, Stable, Candidate, Text);

    public void Save(StateWriter to)
    {
        to.Count(top.Hash);
        foreach (var value in (ReadOnlySpan<long>)[top.Requests, top.Errors, top.Of, top.StableRequests, top.StableErrors]) to.Count(value);
        to.Double(stableRate);
    }

    public void Load(ref StateReader from)
    {
        top = new TopUser((uint)from.Count(), from.Count(), from.Count(), from.Count(), from.Count(), from.Count());
        stableRate = from.Double();
    }
}

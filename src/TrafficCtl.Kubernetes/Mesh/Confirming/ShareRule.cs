using System.Globalization;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Kubernetes.Mesh.Confirming;

/// <summary>When a split counts as in force: when the requests say so, or when none says otherwise for long enough.</summary>
/// <remarks>
/// With all traffic on one arm: no request of the other arm in the newest window that has requests at all, or no request for that long
/// since. With a split: at least <see cref="MeshSettings.MinimumRequests"/> requests, whose share is not less likely than
/// <see cref="MeshSettings.Significance"/> under the asked split (exact binomial test, two-sided) and likelier under it than under the
/// split before. Where cohorts have weights of their own, any share between the lowest and the highest weight is compatible.
/// A shadow moves no user and copies are counted by some meshes only, so it is never asked for here: the mesh's assent is all.
/// After <see cref="MeshSettings.Settle"/> fewer requests, or none, count too, unless they contradict: an idle service does not hang.
/// From then on a share counts too that the split and what others send (<see cref="Floor"/>) can make together. Any other share
/// contradicts, for as long as it takes.
/// </remarks>
internal static class ShareRule
{
    public static ShareFinding Judge(
        MeshSettings settings, WantedSplit wanted, Weights? before, ShareCounts window, TimeSpan waited, Floor floor)
    {
        var isSettled = waited >= settings.Settle;
        if (window.Total == 0)
        {
            return isSettled
                ? new(true, $"no request was seen since the split was written {DurationText.Elapsed(waited)} ago; it counts as in force "
                    + $"after {DurationText.Of(settings.Settle)}")
                : new(false, $"waits for requests that show the split, or {DurationText.Of(settings.Settle)} without any");
        }

        if (wanted.Highest == Weights.AllStable)
        {
            var alone = Alone(window.NewestCandidate, window, "candidate", settings.Settle);
            return WithOthers(settings, wanted, window.NewestCandidate, window.NewestTotal, alone, isSettled, floor);
        }

        if (wanted.Lowest == Weights.AllCandidate)
        {
            var alone = Alone(window.NewestTotal - window.NewestCandidate, window, "stable", settings.Settle);
            return WithOthers(settings, wanted, window.NewestCandidate, window.NewestTotal, alone, isSettled, floor);
        }

        var isEnough = window.Total >= settings.MinimumRequests;
        if (!isEnough && !isSettled)
            return new(false, string.Create(
                CultureInfo.InvariantCulture, $"{window.Total} of {settings.MinimumRequests} requests that are to show the split"));
        if (!IsCompatible(window.Candidate, window.Total, wanted.Lowest.Fraction, wanted.Highest.Fraction, settings, wanted.IsByBucket))
        {
            var words = $"the requests do not show the split: {Share(window)} went to the candidate, and {Asked(wanted)} is asked";
            var against = new ShareFinding(false, words) { IsContradicted = true };
            return WithOthers(settings, wanted, window.Candidate, window.Total, against, isSettled, floor);
        }

        if (!isSettled && before is { } old && IsLikelier(window, old, wanted))
            return new(false, $"the requests still show the split before: {Share(window)} went to the candidate");
        return new(true, null);
    }

    private static ShareFinding Alone(long other, ShareCounts window, string arm, TimeSpan settle)
    {
        if (other == 0) return new(true, null);
        var words = $"{NumberText.Count(other)} of the newest {NumberText.Count(window.NewestTotal)} requests still went to {arm}, "
            + "which is to take none";
        return window.Quiet >= settle
            ? new(true, $"{words}; none came for {DurationText.Elapsed(window.Quiet)} since, so the split counts as in force")
            : new(false, words);
    }

    /// <summary>What speaks against the split alone need not speak against it together with what others send.</summary>
    private static ShareFinding WithOthers(
        MeshSettings settings, WantedSplit wanted, long candidate, long total, ShareFinding alone, bool isSettled, Floor floor)
    {
        if (alone.IsInForce) return alone;
        var why = $"{alone.Why}; {floor.Cause(wanted)}";
        if (floor.Range(wanted) is { } range && floor.HasFallen(candidate, total, wanted)
            && IsCompatible(candidate, total, range.Low, range.High, settings, wanted.IsByBucket))
        {
            return isSettled
                ? new(true, $"{why}; the share is possible with these, so the split counts as in force")
                : new(false, $"{why}; the split counts as in force after {DurationText.Of(settings.Settle)} if that does not change");
        }

        return alone with { Why = why };
    }

    private static bool IsCompatible(long candidate, long total, double low, double high, MeshSettings settings, bool isByBucket)
    {
        var share = candidate / (double)total;
        if (share >= low && share <= high) return true;
        var dispersion = isByBucket ? settings.StickyDispersion : 1;
        return share < low
            ? BinomialTails.Lower(candidate, total, low, dispersion) >= settings.Significance / 2
            : BinomialTails.Upper(candidate, total, high, dispersion) >= settings.Significance / 2;
    }

    /// <summary>Under the old split than under the nearest of the asked ones.</summary>
    private static bool IsLikelier(ShareCounts window, Weights old, WantedSplit wanted)
    {
        if (old >= wanted.Lowest && old <= wanted.Highest) return false;
        var nearest = Math.Clamp(window.Candidate / (double)window.Total, wanted.Lowest.Fraction, wanted.Highest.Fraction);
        return LogLikelihood(window, old.Fraction) > LogLikelihood(window, nearest);
    }

    private static double LogLikelihood(ShareCounts window, double share)
    {
        var p = Math.Clamp(share, 1e-6, 1 - 1e-6);
        return (window.Candidate * Math.Log(p)) + ((window.Total - window.Candidate) * Math.Log(1 - p));
    }

    private static string Asked(WantedSplit wanted) =>
        wanted.Lowest == wanted.Highest ? wanted.General.ToString() : $"between {wanted.Lowest} and {wanted.Highest}";

    private static string Share(ShareCounts window) =>
        $"{NumberText.Count(window.Candidate)} of {NumberText.Count(window.Total)} "
            + $"({NumberText.Percent(window.Candidate / (double)window.Total)})";
}

/// <param name="IsInForce">The split counts as in force.</param>
/// <param name="Why">Not: what it waits for. It does: what a person should know of it; null when the requests show it.</param>
internal sealed record ShareFinding(bool IsInForce, string? Why)
{
    /// <summary>Enough requests say something else, and nothing that is known of others explains them.</summary>
    public bool IsContradicted { get; init; }
}

/// <summary>Requests under one split: all of them, and those of the newest step.</summary>
internal readonly record struct ShareCounts(long Candidate, long Total, long NewestCandidate, long NewestTotal)
{
    /// <summary>How long no request came.</summary>
    public TimeSpan Quiet { get; init; }

    /// <summary>What was counted between samples of one split; the sample before may be null.</summary>
    public static ShareCounts Of(ShareSample now, ShareSample? @base, ShareSample? before) => new(
        now.Candidate - (@base?.Candidate ?? 0), now.Total - (@base?.Total ?? 0), now.Candidate - (before?.Candidate ?? 0),
        now.Total - (before?.Total ?? 0));
}

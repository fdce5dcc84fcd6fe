using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Kubernetes.Mesh.Confirming;

/// <summary>What others than the managed rule send to the slots of a split: the rules that do, and what was measured of it.</summary>
/// <remarks>
/// With the parts c and s of all requests that others send to the candidate and to stable, the candidate's share at a weight w is
/// c (1 − w) + w (1 − s). Of a rule that is known to send to a slot the part is unknown, 0 to 1. Else c is what the candidate had
/// while it was given nothing; s follows from the share under the split before, where that was plainly less than c alone
/// explains. Either may be half or twice as much as it was.
/// </remarks>
/// <param name="Rules">In what is counted (<see cref="ShareScope"/>).</param>
/// <param name="AtZero">Counted while all traffic was to go to stable; null when nothing was.</param>
/// <param name="Before">Counted under the split before; null when nothing was.</param>
internal sealed record Floor(ImmutableArray<OtherSender> Rules, ShareCount? AtZero, ShareCount? Before)
{
    /// <summary>Fewer requests measure nothing.</summary>
    private const long Least = 50;

    /// <summary>Standard deviations: one in a thousand lies outside.</summary>
    private const double Deviations = 3.3;

    private const double Spread = 2;

    private const int MostNamed = 3;

    public static readonly Floor None = new([], null, null);

    /// <summary>The floor for what is counted in a sample.</summary>
    public static Floor Of(ImmutableArray<OtherSender> rules, ShareSample? sample) => new(
        [.. rules.Where(r => sample?.Scope switch { ShareScope.Rule => false, ShareScope.Route => r.IsOfRoute, _ => true })],
        sample?.AtZero, sample?.Before);

    /// <summary>The shares of the candidate that the split and the others may make together; null where no others are known.</summary>
    public (double Low, double High)? Range(WantedSplit wanted)
    {
        var (candidate, stable) = (Candidate(wanted), Stable(wanted));
        if (candidate == default && stable == default) return null;
        return (
            Math.Clamp(Share(wanted.Lowest.Fraction, candidate.Low, stable.High), 0, 1),
            Math.Clamp(Share(wanted.Highest.Fraction, candidate.High, stable.Low), 0, 1));
    }

    /// <summary>The requests plainly show less of the candidate than under the split before; true where so many cannot show it.</summary>
    public bool HasFallen(long candidate, long total, WantedSplit wanted)
    {
        if (Usable(Before) is not { } before || before.Asked <= wanted.Highest) return true;
        var (was, now) = (before.Fraction, candidate / (double)total);
        var error = Deviations * Math.Sqrt(Variance(was, before.Total) + Variance(now, total));
        var due = (before.Asked.Fraction - wanted.Highest.Fraction) * (1 - (Usable(AtZero)?.Fraction ?? 0));
        return due <= error || was - now > error;
    }

    /// <summary>Who the others are, and how that is known.</summary>
    public string Cause(WantedSplit wanted)
    {
        ImmutableArray<OtherSender> rules =
            [.. Rules.Where(r => Reaches(r, wanted.Stable.Service) || Reaches(r, wanted.Candidate?.Service))];
        if (!rules.IsEmpty)
        {
            var more = rules.Length > MostNamed ? $", and {rules.Length - MostNamed} more rules do" : "";
            return string.Join(", ", rules.Take(MostNamed)) + more;
        }

        if (Candidate(wanted) != default && AtZero is { } zero)
            return $"{Words(zero)} while it was given nothing, so others send to {wanted.Candidate?.Service}";
        if (Stable(wanted) != default && Before is { } before)
            return $"{Words(before)} at {before.Asked}, so others send to {wanted.Stable.Service}";
        return $"no other rule is known to send to {wanted.Stable.Service}"
            + (wanted.Candidate is { } slot ? $" or {slot.Service}" : "")
            + ": look for callers that use these Services or their pods directly, and whether the mesh obeys the route";
    }

    private (double Low, double High) Candidate(WantedSplit wanted)
    {
        if (Rules.Any(r => Reaches(r, wanted.Candidate?.Service))) return (0, 1);
        return Usable(AtZero) is { Candidate: > 0 } zero ? Around(zero.Fraction, Error(zero)) : default;
    }

    private (double Low, double High) Stable(WantedSplit wanted)
    {
        if (Rules.Any(r => Reaches(r, wanted.Stable.Service))) return (0, 1);
        if (Usable(Before) is not { Asked.Candidate: > 0 } before) return default;
        var (weight, others) = (before.Asked.Fraction, Usable(AtZero)?.Fraction ?? 0);
        var managed = (before.Fraction - others) / weight;
        var (rest, error) = (1 - others - managed, Error(before) / weight);
        // It must be plain that others take a part, and that the weight has an effect at all.
        return rest > error && managed > error ? Around(rest, error) : default;
    }

    private static double Share(double weight, double candidate, double stable) => (candidate * (1 - weight)) + (weight * (1 - stable));

    private static (double Low, double High) Around(double part, double error) =>
        (Math.Max(0, (part / Spread) - error), Math.Min(1, (part * Spread) + error));

    private static double Error(ShareCount count) => Deviations * Math.Sqrt(Variance(count.Fraction, count.Total));

    /// <summary>With half a request more on either side, so that none of some is not never.</summary>
    private static double Variance(double fraction, long total)
    {
        var p = ((fraction * total) + 0.5) / (total + 1);
        return p * (1 - p) / total;
    }

    private static ShareCount? Usable(ShareCount? count) => count?.Total >= Least ? count : null;

    private static bool Reaches(OtherSender rule, string? service) =>
        service is not null && rule.Services.Contains(service, StringComparer.Ordinal);

    private static string Words(ShareCount count) =>
        $"{NumberText.Count(count.Candidate)} of {NumberText.Count(count.Total)} ({NumberText.Percent(count.Fraction)}) "
        + "went to the candidate";
}

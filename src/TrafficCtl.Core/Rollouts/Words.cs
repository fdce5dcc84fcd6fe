using System.Globalization;
using TrafficCtl.Core.Judging;

namespace TrafficCtl.Core.Rollouts;

/// <summary>How reasons speak of times, wishes and evidence.</summary>
internal static class Words
{
    /// <summary><c>61 s</c>, <c>12 min</c>, <c>2 h 5 min</c>; whole units, rounded down.</summary>
    public static string Span(TimeSpan span)
    {
        if (span < TimeSpan.Zero) span = TimeSpan.Zero;
        if (span < TimeSpan.FromMinutes(2)) return Invariant($"{Math.Floor(span.TotalSeconds)} s");
        if (span < TimeSpan.FromHours(2)) return span.Seconds == 0 ? Invariant($"{span.TotalMinutes} min") : Invariant($"{Math.Floor(span.TotalMinutes)} min {span.Seconds} s");
        return span.Minutes == 0 ? Invariant($"{Math.Floor(span.TotalHours)} h") : Invariant($"{Math.Floor(span.TotalHours)} h {span.Minutes} min");
    }

    public static string Asked(Wish wish) => wish.Reason.Length == 0 ? $"{Verb(wish)} by {wish.Who}" : $"{Verb(wish)} by {wish.Who} ({wish.Reason})";

    public static string Verb(Wish wish) => wish.Kind switch
    {
        WishKind.PromoteFull => "promote --full",
        WishKind.Publish => $"publish {wish.Version}",
        _ => wish.Kind.ToString().ToLowerInvariant(),
    };

    /// <summary>What was measured, in numbers, as far as it is known.</summary>
    public static string Evidence(StepEvidence evidence, MinimumEvidence atLeast, Judgement? judgement)
    {
        var text = Invariant($"{evidence.Requests} of {atLeast.Requests} requests");
        if (atLeast.Users > 0) text += Invariant($", {evidence.Users} of {atLeast.Users} users");
        if (judgement is null) return text;
        foreach (var finding in judgement.Findings)
            if (finding.Signal.StartsWith("errors", StringComparison.Ordinal))
                text += $"; errors {Percent(finding.Candidate.Rate)} vs {Percent(finding.Stable.Rate)}";
        return $"{text}; {judgement.Reason}";
    }

    public static string Percent(double fraction) => (fraction * 100).ToString("0.###", CultureInfo.InvariantCulture) + " %";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging;

namespace TrafficCtl.Core.Rollouts;

/// <summary>How reasons speak of times, wishes and evidence.</summary>
public static class RolloutWords
{
    /// <summary><c>59 s of 60 s</c>; once it is over <c>61 s (at least 60 s)</c>.</summary>
    public static string Span(TimeSpan elapsed, TimeSpan least) => elapsed < least
        ? $"{DurationText.Elapsed(elapsed)} of {DurationText.Of(least)}"
        : $"{DurationText.Elapsed(elapsed)} (at least {DurationText.Of(least)})";

    public static string By(Wish wish) => wish.Reason.Length == 0 ? $"by {wish.Who}" : $"by {wish.Who} ({wish.Reason})";

    public static string Asked(Wish wish) => $"{Verb(wish)} {By(wish)}";

    public static string Verb(Wish wish) => wish.Kind switch
    {
        WishKind.PromoteFull => "promote --full",
        WishKind.Publish => $"publish {wish.Version}",
        _ => wish.Kind.ToString().ToLowerInvariant(),
    };

    /// <summary><c>100 of 200 requests</c>; once there are enough <c>4,000 requests (at least 200)</c>.</summary>
    public static string Count(long found, long least, string what) => found < least
        ? $"{NumberText.Count(found)} of {NumberText.Count(least)} {what}"
        : $"{NumberText.Count(found)} {what} (at least {NumberText.Count(least)})";

    /// <summary>What was measured, in numbers, as far as it is known.</summary>
    /// <param name="requests">What its requests are called.</param>
    public static string Measured(StepEvidence evidence, MinimumEvidence atLeast, Judgement? judgement, string requests = "requests")
    {
        var text = Count(evidence.Requests, atLeast.Requests, requests);
        if (atLeast.Users > 0) text += $", {Count(evidence.Users, atLeast.Users, "users")}";
        if (judgement is null) return text;
        foreach (var finding in judgement.Findings)
            if (finding.Signal.StartsWith("errors", StringComparison.Ordinal))
                text += $"; errors {NumberText.Percent(finding.Candidate.Rate)} vs {NumberText.Percent(finding.Stable.Rate)}";
        return text;
    }

    /// <summary>What the judge makes of it, as a decision needs it; what is only waited for is in <see cref="Waits"/>.</summary>
    public static string Judged(Judgement? judgement) => judgement is null ? string.Empty : $"; {judgement.Reason}";
}

using System.Collections.Immutable;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Control.Rounds.Journaling;

/// <summary>
/// A loss of state is an alarm until somebody has decided what is to come next: by a rollout, or by a resume that only
/// acknowledges it. The journal tells, so that no restart ends the alarm.
/// </summary>
internal static class LostState
{
    public const string Kind = "state-lost";

    /// <summary>What the journal says of a loss that nobody has answered; null without one.</summary>
    public static string? Of(ImmutableArray<Fact> newestFirst)
    {
        foreach (var fact in newestFirst)
        {
            if (fact.Kind == Kind) return fact.Text;
            if (Answers(fact)) return null;
        }

        return null;
    }

    /// <param name="before">What was known.</param>
    /// <param name="saved">The facts that were saved since, oldest first.</param>
    public static string? After(string? before, ImmutableArray<Fact> saved)
    {
        foreach (var fact in saved)
            if (fact.Kind == Kind) before = fact.Text;
            else if (before is not null && Answers(fact)) before = null;
        return before;
    }

    private static bool Answers(Fact fact) => fact.Kind switch
    {
        "decided" or "published" => true,
        "ordered" => fact.What == "resume" && RolloutJson.ReadFact(fact.Data).Accepted == true,
        _ => false,
    };
}

using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Core.Gates;

/// <summary>A gate that holds, in one clause for people.</summary>
public static class GateWords
{
    /// <summary>Why it is not open, whose it is, why it is there, since when, and what happens when.</summary>
    public static string Of(GateView view)
    {
        var terms = view.Gate.Terms;
        var text = view.Answer.Why;
        if (terms.Owner is { } owner) text += $"; {owner} owns it";
        if (terms.Reason is { } reason) text += $" ({reason})";
        if (view.Gate.Deadline is null && view.Gate.Kind != GateKind.Latched) return text;
        if (view.Since is { } since) text += $"; since {InstantText.Of(since)}";
        if (view.Left is { } left) text += $"; {Then(terms.Then)} in {DurationText.Left(left)}";
        return text;
    }

    /// <summary>As files write it.</summary>
    public static string Word(GateOutcome outcome) => outcome.ToString().ToLowerInvariant();

    private static string Then(GateOutcome outcome) => outcome switch
    {
        GateOutcome.Fail => "the rollout goes back",
        GateOutcome.Pass => "it is passed",
        _ => "the rollout pauses",
    };
}

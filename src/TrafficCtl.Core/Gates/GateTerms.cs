namespace TrafficCtl.Core.Gates;

/// <summary>What people agreed about a gate: who owns it, why it stands there, and what happens when it does not open in time.</summary>
/// <param name="Owner">Who can open it, or knows who can; null where nobody is named.</param>
/// <param name="Reason">Why it is there, in the words of who wrote it; null where nothing is written.</param>
/// <param name="Deadline">
/// How long it may hold a rollout, in the rollout's elapsed time from when it began to hold; null for as long as it takes. Above zero.
/// </param>
/// <param name="Then">What happens at the deadline, and when asking it went wrong for good.</param>
public sealed record GateTerms(
    string? Owner = null, string? Reason = null, TimeSpan? Deadline = null, GateOutcome Then = GateOutcome.Pause)
{
    public static readonly GateTerms None = new();
}

/// <summary>What follows when a gate has not opened by its deadline.</summary>
public enum GateOutcome
{
    /// <summary>The rollout pauses where it is, until a person resumes, promotes or aborts.</summary>
    Pause,

    /// <summary>The rollout goes back: the candidate counts as failed.</summary>
    Fail,

    /// <summary>The gate is passed, and the journal says so.</summary>
    Pass,
}

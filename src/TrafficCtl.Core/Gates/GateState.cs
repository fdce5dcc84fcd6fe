using System.Collections.Immutable;

namespace TrafficCtl.Core.Gates;

/// <summary>What is saved of one gate of a rollout: since when it holds, what people said, and an answer that stays.</summary>
/// <param name="Gate"><see cref="Gates.Gate.Key"/>.</param>
/// <param name="Since">When it began to hold the rollout, by the time of day: for people.</param>
/// <param name="From">The rollout's elapsed time then: the deadline counts from it.</param>
/// <param name="Word">
/// The answer that stays: <c>open</c>, <c>failed</c>, <c>errored</c>, or <see cref="Passed"/>; null while there is none.
/// </param>
/// <param name="Why">The reason of that answer.</param>
/// <param name="Attempt">How often it was asked anew: 1 at first, one more by each resume.</param>
/// <param name="Approvals">What people said, oldest first; null for nothing.</param>
public sealed record GateState(
    string Gate, DateTimeOffset Since, TimeSpan From, string? Word = null, string? Why = null, int Attempt = 1,
    ImmutableArray<Approval>? Approvals = null)
{
    /// <summary>The word of a gate that was passed at its deadline, as its terms say.</summary>
    public const string Passed = "passed";

    /// <summary>The answer that stays; null while there is none.</summary>
    public GateAnswer? Answer => Word is null ? null : GateAnswer.Of(Word, Why ?? "");
}

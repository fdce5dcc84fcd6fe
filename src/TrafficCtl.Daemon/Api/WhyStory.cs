using System.Collections.Immutable;
using System.Text.Json;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Daemon.Api;

/// <summary>Why a rollout is where it is, from facts alone, so that it is the same a year later.</summary>
/// <param name="Summary">The answer in one sentence or two, with its numbers.</param>
/// <param name="Facts">What it rests on, oldest first.</param>
internal sealed record WhyStory(string Summary, ImmutableArray<Fact> Facts)
{
    private sealed record StoryFact(Fact Fact, FactData Data);

    /// <param name="rolloutId">Whose story it is.</param>
    /// <param name="newestFirst">The facts of that rollout as the store gives them.</param>
    /// <param name="waitsFor">What the next advance waits for now; empty of a rollout that ended.</param>
    public static WhyStory Tell(string rolloutId, ImmutableArray<Fact> newestFirst, ImmutableArray<string> waitsFor)
    {
        ImmutableArray<Fact> facts = [.. newestFirst.Reverse()];
        var told = facts.Select(f => new StoryFact(f, DataOf(f))).ToList();
        var last = told.FindLastIndex(t => t.Data.Phase is not null);
        if (last < 0)
            return new WhyStory(facts.IsEmpty ? $"nothing is recorded of {rolloutId}" : $"{rolloutId}: {Sentence(facts[^1].Text)}", facts);

        var phase = told[last].Data.Phase!;
        var entered = last;
        while (entered > 0 && (told[entered - 1].Data.Phase is not { } before || IsSameStand(before, phase))) entered--;
        while (told[entered].Data.Phase is null) entered++;

        var cause = Lower(Cause(phase, Bringing(told, entered, phase)));
        var summary = Sentence($"{rolloutId} {InWords(phase, told, last)} since {At(told[entered].Fact)}: {cause}");
        if (!waitsFor.IsEmpty) summary += $" Next it waits for {string.Join("; ", waitsFor)}.";
        return new WhyStory(summary, facts);
    }

    private static string InWords(Phase phase, List<StoryFact> told, int upTo)
    {
        var share = Latest(told, upTo, d => d.Exposure?.ToString()) is { } exposure ? $" ({exposure})" : "";
        var candidate = Latest(told, upTo, d => d.Version) ?? "the candidate";
        var stable = Latest(told, upTo, d => d.Stable) ?? "stable";
        return phase switch
        {
            Phase.Waiting => $"has been waiting to take in {candidate}",
            Phase.Shifting at => $"has been shifting {candidate} to step {at.Step + 1}{share}",
            Phase.Observing at => $"has been observing {candidate} at step {at.Step + 1}{share}",
            Phase.Baking => $"has been in its watch, with {candidate} promoted to 100 %,",
            Phase.Good => $"has been good: {candidate} is in force",
            Phase.Paused { At: Phase.Observing at } => $"has been paused at step {at.Step + 1}{share}",
            Phase.Paused => $"has been paused{share}",
            Phase.RollingBack => $"has been rolling back from {candidate} to {stable}",
            Phase.RolledBack => $"has been rolled back from {candidate} to {stable}",
            Phase.Superseded at => $"has been superseded by {at.By}",
            Phase.Aborted => $"has been aborted, back at {stable},",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>The decision that led here: a step is observed because it was advanced to, not because the router took it.</summary>
    private static Fact Bringing(List<StoryFact> told, int entered, Phase phase)
    {
        if (phase is not (Phase.Observing or Phase.Baking)) return told[entered].Fact;
        for (var i = entered - 1; i >= 0; i--)
        {
            if (told[i].Data.Phase is not { } before) continue;
            return before is Phase.Shifting ? told[i].Fact : told[entered].Fact;
        }

        return told[entered].Fact;
    }

    /// <summary>Why the rollout came to the phase: its own words, else those of the fact that it was entered by.</summary>
    public static string Cause(Phase phase, Fact entered) => phase switch
    {
        Phase.RollingBack at => at.Why,
        Phase.RolledBack at => at.Why,
        Phase.Paused at => at.Why,
        Phase.Aborted at => at.Why,
        _ => WithoutName(entered),
    };

    /// <summary>The sentence names the rollout already.</summary>
    private static string WithoutName(Fact fact)
    {
        var end = fact.Text.StartsWith($"rollout {fact.RolloutId} (", StringComparison.Ordinal)
            ? fact.Text.IndexOf("): ", StringComparison.Ordinal)
            : -1;
        return end < 0 ? fact.Text : fact.Text[(end + 3)..];
    }

    /// <summary>The same phase at the same step: what was said meanwhile (a refused wish) did not move it.</summary>
    private static bool IsSameStand(Phase a, Phase b) => a.Name == b.Name && StepOf(a) == StepOf(b);

    /// <summary>From 0; null before the first step and at 100 %.</summary>
    internal static int? StepOf(Phase phase) => phase switch
    {
        Phase.Shifting at => at.Step,
        Phase.Observing at => at.Step,
        Phase.Paused at => StepOf(at.At),
        _ => null,
    };

    private static string? Latest(List<StoryFact> told, int upTo, Func<FactData, string?> read)
    {
        for (var i = upTo; i >= 0; i--)
            if (read(told[i].Data) is { } found) return found;
        return null;
    }

    /// <summary>A fact of a newer layout still tells by its text.</summary>
    public static FactData DataOf(Fact fact)
    {
        try
        {
            return RolloutJson.ReadFact(fact.Data);
        }
        catch (JsonException)
        {
            return new FactData();
        }
    }

    private static string At(Fact fact) => InstantText.Of(fact.At);

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";

    /// <summary>
    /// Goes on inside a sentence: only an ordinary capitalised word is lowered, not a name such as <c>E</c> or <c>TLS</c>.
    /// </summary>
    private static string Lower(string text) =>
        text.Length > 1 && char.IsUpper(text[0]) && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
}

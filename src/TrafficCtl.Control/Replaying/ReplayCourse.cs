using System.Collections.Immutable;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Replaying;

/// <summary>One saved decision of a rollout.</summary>
/// <param name="Generation">That it was saved as.</param>
/// <param name="Phase">That the rollout was in from then on.</param>
/// <param name="Judgement">That it was made with; null when there was none.</param>
internal sealed record CourseEvent(DateTimeOffset At, long Generation, Phase Phase, Judgement? Judgement);

/// <summary>What was decided about a rollout, oldest first, from its facts.</summary>
internal static class ReplayCourse
{
    private const int Page = 1000;

    /// <exception cref="System.Text.Json.JsonException">A fact that this build cannot read.</exception>
    public static async Task<ImmutableArray<CourseEvent>> ReadAsync(IHistory history, RolloutState state, CancellationToken stop)
    {
        var newestFirst = new List<CourseEvent>();
        var query = new FactQuery(state.Key, state.Id, Page);
        while (true)
        {
            var facts = await history.FactsAsync(query, stop);
            foreach (var fact in facts)
                if (fact.Kind == "decided" && RolloutJson.ReadFact(fact.Data) is { Phase: { } phase, Generation: { } generation } data)
                    newestFirst.Add(new CourseEvent(fact.At, generation, phase, data.Judgement));
            if (facts.Length < Page) break;
            query = query with { Before = facts[^1].Seq };
        }

        newestFirst.Reverse();
        return [.. newestFirst];
    }
}

using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>The rollouts of a service, newest first, each told from its facts alone.</summary>
internal sealed class RolloutHandlers(TargetLookup targets, IStore store, TimeProvider clock)
{
    private const int DefaultLimit = 20;
    internal const int LongestLimit = 100;
    private const int FactsAtOnce = 1000;

    /// <summary>
    /// A store may keep only the facts of the newest rollouts, and a number may be skipped: after so many without facts there are no more.
    /// </summary>
    private const int MostMissing = 10;

    public async Task<Answer<ListRolloutsResponse>> ListAsync(ListRolloutsRequest request, Caller caller, CancellationToken stop)
    {
        var (view, refusal) = targets.Find(caller, request.Service, request.Environment, request.Target);
        if (view is null) return refusal!;
        if (request.Limit is < 0 or > LongestLimit) return Refusal.BadRequest($"limit is a whole number from 1 to {LongestLimit}", "limit");
        if (request.Before is < 0 or > int.MaxValue)
            return Refusal.BadRequest("before is the number of a rollout, the last part of its id", "before");

        var limit = request.Limit == 0 ? DefaultLimit : request.Limit;
        var before = request.Before == 0 ? int.MaxValue : request.Before;
        if (view is { Record: null, RecordTrouble: { } trouble }) throw new StoreUnavailableException(trouble);
        var response = new ListRolloutsResponse();
        var key = view.Spec.Key;
        var missing = 0;
        for (var number = Math.Min(view.Record?.LastNumber ?? 0, before - 1); number > 0
            && response.Rollouts.Count < limit
            && missing < MostMissing; number--)
        {
            var told = await TellAsync(key, RolloutState.IdOf(key, (int)number), stop);
            if (told is null)
            {
                missing++;
                continue;
            }

            missing = 0;
            response.Rollouts.Add(told);
        }

        return response;
    }

    /// <summary>Null when no decision about it is recorded.</summary>
    private async Task<RolloutSummary?> TellAsync(TargetKey key, string id, CancellationToken stop)
    {
        RolloutSummary? summary = null;
        var cohorts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        long? before = null;
        while (true)
        {
            var facts = await store.FactsAsync(new FactQuery(key, id, FactsAtOnce, before), stop).InTimeAsync(clock, stop);
            foreach (var fact in facts)
            {
                var data = WhyStory.DataOf(fact);
                if (data.Phase is not { } phase || fact.Kind != "decided") continue;
                summary ??= NewestOf(key, id, fact, phase);
                if (data.Version is { } candidate && summary.Candidate.Length == 0) summary.Candidate = candidate;
                if (data.Stable is { } stable && summary.Stable.Length == 0) summary.Stable = stable;
                summary.StartedAt = fact.At.ToTimestamp();
                if (data.Exposure is not { } exposure) continue;
                summary.HighestWeight = Math.Max(summary.HighestWeight, exposure.General.Candidate);
                foreach (var cohort in exposure.Cohorts)
                    cohorts[cohort.Cohort] = Math.Max(cohorts.GetValueOrDefault(cohort.Cohort), cohort.Weights.Candidate);
            }

            if (facts.Length < FactsAtOnce) break;
            before = facts[^1].Seq;
        }

        summary?.HighestCohorts.AddRange(cohorts.Select(c => new CohortWeight { Cohort = c.Key, Weight = c.Value }));
        return summary;
    }

    private static RolloutSummary NewestOf(TargetKey key, string id, Control.Ports.Fact fact, Phase phase) => new()
    {
        Id = id,
        Service = key.Service,
        Environment = key.Environment,
        Target = key.IsOfDefaultTarget ? "" : key.Target,
        Outcome = phase switch
        {
            Phase.Good => "good",
            Phase.RolledBack => "rolled-back",
            Phase.Superseded => "superseded",
            Phase.Aborted => "aborted",
            _ => "active",
        },
        Phase = phase.Name,
        EndedAt = phase.IsFinal ? fact.At.ToTimestamp() : null,
        Reason = phase is Phase.Superseded superseded ? $"superseded by {superseded.By}" : WhyStory.Cause(phase, fact),
    };
}

using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Journaling;
using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.Deciding;

/// <summary>Asks the engines, and makes of their answer what is to be saved. Does nothing itself.</summary>
internal sealed class Decider
{
    private readonly EvidenceWriter evidence = new();

    /// <returns>The next state; and the proposal, null when nothing is to be saved.</returns>
    public (TargetState State, Proposal? Proposal) Decide(ControlledTarget target, RoundObservation observed)
    {
        var state = observed.State;
        if (state.Known.Record is not { } record) return (state, Births.Propose(state.Declared, observed.Now.At));
        if (state.Routed.IsAhead && observed.Router is { } router && router.Route.Generation > record.Generation)
            return (state, Overtake(target, observed, record, router.Route.Generation));
        return record.Active is { } active ? Advance(target, observed, record, active) : Start(target, observed, record);
    }

    private (TargetState State, Proposal? Proposal) Advance(
        ControlledTarget target, RoundObservation observed, ServiceRecord record, RolloutState active)
    {
        var (state, now) = (observed.State, observed.Now);
        var versions = state.Declared.Versions;
        var isListed = versions.Contains(active.Candidate, StringComparer.Ordinal);
        TimeSpan? withdrawn = isListed ? null : state.Decided.WithdrawnSince ?? now.Elapsed;
        var (wishes, stale) = StaleWishes.Split(state.Known.Wishes, record.Generation);
        var seen = EngineInputs.See(target, observed, record, active, wishes, now.Elapsed - withdrawn);
        var decision = StaleWishes.Add(RolloutEngine.Decide(active, seen, now), active, stale);
        var decided = state.Decided with { WithdrawnSince = withdrawn, Seen = seen };
        if (!decision.Changes(active))
        {
            state = state with { Decided = decided with { Decision = decision } };
            return (state, state.Pending.IsUrgent ? Note(target, observed, record) : null);
        }

        state = state with { Decided = decided };
        var saved = record.After(decision);
        var next = decision.Next with { Generation = saved.Generation, Paths = PathsFor(observed, active, decision.Next) };
        var isChange = !ReferenceEquals(decision.Next, active);
        saved = next.Phase.IsFinal
            ? Forgiven(saved with { Learnt = evidence.Learnt(target.Observation) }, next, versions)
            : saved with { Active = next, Evidence = evidence.Evidence(target.Observation, now) };
        var facts = Begin(observed, active, decision.Wishes);
        if (isChange) facts.Add(Facts.Decided(next, decision, seen, now.At));
        var commit = new Commit(record.Generation, saved, next, facts.ToImmutable(), decision.Wishes)
        {
            Windows = evidence.Windows(target.Observation),
        };
        return (state, Of(observed, new Proposal(commit, decision with { Next = next })));
    }

    /// <summary>
    /// The route groups of a rollout are saved with the decision that begins step 1, before any route of it is in force: so every proxy
    /// counts by the same ones, also after a restart. Where stable had no traffic there are none, and routes are not compared.
    /// </summary>
    private static PathGroups? PathsFor(RoundObservation observed, RolloutState active, RolloutState next)
    {
        var begins = active.Phase.StepIn(active.Plan) < 0 && next.Phase.StepIn(next.Plan) >= 0 && !next.Plan.Steps.IsEmpty;
        return active.Paths ?? (begins && observed.Paths is { Names.IsEmpty: false } chosen ? chosen : null);
    }

    private (TargetState State, Proposal? Proposal) Start(ControlledTarget target, RoundObservation observed, ServiceRecord record)
    {
        var state = observed.State;
        var (wishes, stale) = StaleWishes.Split(state.Known.Wishes, record.Generation);
        if (!state.Decided.MayStart && wishes.IsEmpty && stale.IsEmpty) return (state, Note(target, observed, record));
        var spec = state.Declared.Spec;
        var decision = RolloutStarter.Decide(
            spec, record, wishes, observed.Now.At, observed.Router?.Drift is not null, state.Known.StateLost is not null);
        if (!stale.IsEmpty)
        {
            var reason = decision is { Started: null, Wishes.IsEmpty: true } ? stale[0].Answer : decision.Reason;
            decision = decision with { Wishes = decision.Wishes.AddRange(stale), Reason = reason };
        }

        if (state.Decided.MayStart) state = state with { Decided = state.Decided with { MayStart = false } };
        if (decision.Started is null && decision.Wishes.IsEmpty) return (state, Note(target, observed, record));

        var saved = record.After(decision, spec);
        var started = saved.Active is { } active ? active with { Generation = saved.Generation } : null;
        var facts = Begin(observed, started, decision.Wishes);
        if (started is not null)
        {
            saved = saved with { Active = started };
            facts.Add(Facts.Started(started, decision.Reason, observed.Now.At));
        }

        return (state, Of(observed, new Proposal(
            new Commit(record.Generation, saved, started, facts.ToImmutable(), decision.Wishes),
            started is null ? null : new Decision(started, "start", decision.Reason, []),
            started is not null ? "start" : decision.Wishes.Any(o => o.Accepted) ? "resume" : "refuse", decision.Reason)));
    }

    /// <summary>
    /// A version that made way for another has not failed. Where the other is wanted no longer, or the version itself was taken away
    /// meanwhile, it is as one that was never tried: it starts again when it is wanted again.
    /// </summary>
    private static ServiceRecord Forgiven(ServiceRecord saved, RolloutState ended, ImmutableArray<string> listed) =>
        ended.Phase is Phase.Superseded { By: var by } && !(listed.Contains(ended.Candidate) && listed.Contains(by))
            ? saved with { Tried = saved.Tried.RemoveAll(t => t.Version == ended.Candidate && t.Trial == Trial.Begun) }
            : saved;

    /// <summary>What waits for a commit is reported now: there may be no decision for long.</summary>
    private Proposal? Note(ControlledTarget target, RoundObservation observed, ServiceRecord record) =>
        observed.State.Pending.Facts.IsEmpty ? null : Repeat(target, observed, record, record.Generation + 1, "note", null);

    /// <summary>
    /// The store is the journal, so a router that is ahead of it (a restored backup) is overtaken by a higher generation.
    /// </summary>
    private Proposal Overtake(ControlledTarget target, RoundObservation observed, ServiceRecord record, long found) =>
        Repeat(target, observed, record, found + 1, "overtake", saved => Facts.RouterAhead(saved, found, observed.Now.At));

    /// <summary>The same state once more, under a higher generation, with the facts that wait.</summary>
    private Proposal Repeat(
        ControlledTarget target, RoundObservation observed, ServiceRecord record, long generation, string kind,
        Func<ServiceRecord, Fact>? last)
    {
        var saved = record with { Generation = generation };
        if (record.Active is { } active)
        {
            var bytes = evidence.Evidence(target.Observation, observed.Now);
            saved = saved with { Active = active with { Generation = generation }, Evidence = bytes };
        }

        var facts = Begin(observed, saved.Active, []);
        if (last is not null) facts.Add(last(saved));
        var commit = new Commit(record.Generation, saved, saved.Active, facts.ToImmutable(), [])
        {
            Windows = record.Active is null ? null : evidence.Windows(target.Observation),
        };
        return Of(observed, new Proposal(commit, null, kind, facts[^1].Text));
    }

    /// <summary>What waited for a commit, and the answers to wishes.</summary>
    private static ImmutableArray<Fact>.Builder Begin(RoundObservation observed, RolloutState? rollout, ImmutableArray<WishOutcome> wishes)
    {
        var facts = ImmutableArray.CreateBuilder<Fact>();
        facts.AddRange(observed.State.Pending.Facts);
        foreach (var outcome in wishes) facts.Add(Facts.Ordered(observed.State.Declared.Spec.Key, rollout?.Id, outcome, observed.Now.At));
        return facts;
    }

    private static Proposal Of(RoundObservation observed, Proposal proposal)
    {
        var (key, answered) = (observed.State.Declared.Spec.Key, proposal.Commit.Wishes);
        return proposal with
        {
            Pending = observed.State.Pending.Facts.Length,
            AnswersAbort = observed.Router?.Abort is { } abort && answered.Any(o => o.Wish.IsSameAs(abort with { Key = key }))
                ? abort
                : null,
        };
    }
}

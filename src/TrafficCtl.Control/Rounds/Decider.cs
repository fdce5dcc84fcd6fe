using System.Buffers;
using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds;

/// <summary>Asks the engines, and makes of their answer what is to be saved. Does nothing itself.</summary>
internal sealed class Decider
{
    private readonly EvidenceBytes bytes = new();
    private readonly ArrayBufferWriter<byte> buffer = new(64 * 1024);

    /// <summary>Null when nothing is to be saved.</summary>
    public Proposal? Decide(Track track, Moment now)
    {
        if (track.Record is not { } record) return Births.Propose(track, now.At);
        if (track.IsRouterAhead && track.Router is { } router && router.Route.Generation > record.Generation)
            return Overtake(track, record, router.Route.Generation, now);
        return record.Active is { } active ? Advance(track, record, active, now) : Start(track, record, now);
    }

    private Proposal? Advance(Track track, ServiceRecord record, RolloutState active, Moment now)
    {
        track.WithdrawnSince = track.Versions.Contains(active.Candidate, StringComparer.Ordinal) ? null : track.WithdrawnSince ?? now.Elapsed;
        var seen = See(track, record, active, now);
        var decision = RolloutEngine.Decide(active, seen, now);
        track.Seen = seen;
        if (!decision.Changes(active))
        {
            track.LastDecision = decision;
            return track.MustNote ? Note(track, record, now) : null;
        }

        var saved = record.After(decision);
        var next = decision.Next with { Generation = saved.Generation };
        var isChange = !ReferenceEquals(decision.Next, active);
        saved = next.Phase.IsFinal
            ? Forgiven(saved with { Learnt = Learnt(track) }, next, track.Versions)
            : saved with { Active = next, Evidence = Evidence(track, now) };
        var facts = Begin(track, active, decision.Wishes, now);
        if (isChange) facts.Add(Facts.Decided(next, decision, seen, now.At));
        return new Proposal(
            track, new Commit(record.Generation, saved, next, facts.ToImmutable(), decision.Wishes) { Windows = Windows(track) }, decision with { Next = next });
    }

    private Proposal? Start(Track track, ServiceRecord record, Moment now)
    {
        if (!track.MayStart && track.Wishes.IsEmpty) return Note(track, record, now);
        var decision = RolloutStarter.Decide(track.Spec, record, track.Wishes, now.At, track.Router?.Drift is not null, track.StateLost is not null);
        track.MayStart = false;
        if (decision.Started is null && decision.Wishes.IsEmpty) return Note(track, record, now);

        var saved = record.After(decision, track.Spec);
        var started = saved.Active is { } active ? active with { Generation = saved.Generation } : null;
        var facts = Begin(track, started, decision.Wishes, now);
        if (started is not null)
        {
            saved = saved with { Active = started };
            facts.Add(Facts.Started(started, decision.Reason, now.At));
        }

        return new Proposal(
            track, new Commit(record.Generation, saved, started, facts.ToImmutable(), decision.Wishes),
            started is null ? null : new Decision(started, "start", decision.Reason, []),
            started is not null ? "start" : decision.Wishes.Any(o => o.Accepted) ? "resume" : "refuse", decision.Reason);
    }

    /// <summary>
    /// A version that made way for another has not failed. Where the other is wanted no longer, or the version itself was taken away
    /// meanwhile, it is as one that was never tried: it starts again when it is wanted again.
    /// </summary>
    private static ServiceRecord Forgiven(ServiceRecord saved, RolloutState ended, ImmutableArray<string> listed) =>
        ended.Phase is Phase.Superseded { By: var by } && !(listed.Contains(ended.Candidate) && listed.Contains(by))
            ? saved with { Tried = saved.Tried.RemoveAll(t => t.Version == ended.Candidate && t.Trial == Trial.Begun) }
            : saved;

    /// <summary>What waits for a commit is told now: there may be no decision for long.</summary>
    private Proposal? Note(Track track, ServiceRecord record, Moment now) =>
        track.Notes.Count == 0 ? null : Repeat(track, record, record.Generation + 1, "note", null, now);

    /// <summary>The store is the journal, so a router that is ahead of it (a restored backup) is overtaken by a higher generation.</summary>
    private Proposal Overtake(Track track, ServiceRecord record, long found, Moment now) =>
        Repeat(track, record, found + 1, "overtake", saved => Facts.RouterAhead(saved, found, now.At), now);

    /// <summary>The same state once more, under a higher generation, with the facts that wait.</summary>
    private Proposal Repeat(Track track, ServiceRecord record, long generation, string kind, Func<ServiceRecord, Fact>? last, Moment now)
    {
        var saved = record with { Generation = generation };
        if (record.Active is { } active)
            saved = saved with { Active = active with { Generation = generation }, Evidence = Evidence(track, now) };
        var facts = Begin(track, saved.Active, [], now);
        if (last is not null) facts.Add(last(saved));
        return new Proposal(
            track, new Commit(record.Generation, saved, saved.Active, facts.ToImmutable(), []) { Windows = record.Active is null ? null : Windows(track) },
            null, kind, facts[^1].Text);
    }

    private static Seen See(Track track, ServiceRecord record, RolloutState active, Moment now)
    {
        var observed = track.Observation;
        var router = track.Router;
        return new Seen
        {
            Judgement = Observer.Judge(observed, active),
            Evidence = observed.Step < 0 || observed.Step != Lens.StepOf(active) ? default : new StepEvidence(observed.StepRequests, observed.StepUsers),
            Unmeasured = track.Unmeasured,
            CandidateHealth = router is not null && router.Route.RolloutId == active.Id ? router.Candidate : null,
            Trip = router?.Trip is { } trip && trip.RolloutId == active.Id ? trip : null,
            Wishes = track.Wishes,
            Gates = track.Gates,
            AppliedGeneration = GenerationInForce(track, record, active),
            RouterWaitsFor = router?.WaitsFor,
            CountsBecause = router?.CountsBecause,
            IsDrifted = router?.Drift is not null,
            NewerVersion = RolloutStarter.Newer(track.Spec, record),
            Versions = track.Versions,
            WithdrawnFor = now.Elapsed - track.WithdrawnSince,
            Listing = track.Spec.Listing,
            Failed = track.Wishes.IsEmpty ? [] : [.. track.Spec.Versions.Where(record.HasFailed).Select(v => v.Version)],
        };
    }

    /// <summary>The router's word counts when it does what it was asked; a generation alone may be another writer's or a backup's.</summary>
    private static long? GenerationInForce(Track track, ServiceRecord record, RolloutState active)
    {
        if (track.Router?.Route is not { } found) return null;
        // What is asked for is not in force while the router withholds it.
        if (track.Router.Withheld is not null && found.Exposure.ReachesCandidate) return null;
        var wanted = track.Wanted is { } held && ReferenceEquals(held.Of, record) ? held.Route : Exposures.RouteFor(active);
        return found == wanted || found.Generation < active.Generation ? found.Generation : null;
    }

    /// <summary>What waited for a commit, and the answers to wishes.</summary>
    private static ImmutableArray<Fact>.Builder Begin(Track track, RolloutState? rollout, ImmutableArray<WishOutcome> wishes, Moment now)
    {
        var facts = ImmutableArray.CreateBuilder<Fact>();
        facts.AddRange(track.Notes);
        foreach (var outcome in wishes) facts.Add(Facts.Ordered(track.Key, rollout?.Id, outcome, now.At));
        return facts;
    }

    private RecordedWindows? Windows(Track track)
    {
        buffer.ResetWrittenCount();
        return track.Observation.Windows.Save(buffer) is { } piece ? piece with { Data = buffer.WrittenSpan.ToArray() } : null;
    }

    /// <summary>What this rollout learnt of the service's noise is the next one's to begin with.</summary>
    private ReadOnlyMemory<byte> Learnt(Track track)
    {
        var past = track.Observation.Baseline;
        track.Observation.Judge?.Teach(past);
        buffer.ResetWrittenCount();
        past.SaveLearnt(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private ReadOnlyMemory<byte> Evidence(Track track, Moment now)
    {
        buffer.ResetWrittenCount();
        bytes.Save(track.Observation, now, buffer);
        return buffer.WrittenSpan.ToArray();
    }
}

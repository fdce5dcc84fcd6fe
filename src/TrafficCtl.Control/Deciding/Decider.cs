using System.Buffers;
using System.Collections.Immutable;
using TrafficCtl.Control.Observing;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Deciding;

/// <summary>Asks the engines, and makes of their answer what is to be saved. Does nothing itself.</summary>
internal sealed class Decider
{
    private readonly EvidenceBytes bytes = new();
    private readonly ArrayBufferWriter<byte> buffer = new(64 * 1024);

    /// <summary>Null when nothing is to be saved.</summary>
    public Proposal? Decide(Track track, DateTimeOffset now)
    {
        if (track.Record is not { } record) return Births.Propose(track, now);
        if (track.IsRouterAhead && track.Router is { } router && router.Route.Generation > record.Generation)
            return Overtake(track, record, router.Route.Generation, now);
        return record.Active is { } active ? Advance(track, record, active, now) : Start(track, record, now);
    }

    private Proposal? Advance(Track track, ServiceRecord record, RolloutState active, DateTimeOffset now)
    {
        var seen = See(track, record, active);
        var decision = RolloutEngine.Decide(active, seen, now);
        track.Seen = seen;
        if (!decision.Changes(active))
        {
            track.LastDecision = decision;
            return null;
        }

        var saved = record.After(decision);
        var next = decision.Next with { Generation = saved.Generation };
        var isChange = !ReferenceEquals(decision.Next, active);
        saved = next.Phase.IsFinal
            ? saved with { Learnt = Learnt(track) }
            : saved with { Active = next, Evidence = Evidence(track, now) };
        var facts = Begin(track, active, decision.Wishes, now);
        if (isChange) facts.Add(Facts.Decided(next, decision, seen, now));
        return new Proposal(
            track, new Commit(record.Generation, saved, next, facts.ToImmutable(), decision.Wishes) { Windows = Windows(track) }, decision with { Next = next });
    }

    private static Proposal? Start(Track track, ServiceRecord record, DateTimeOffset now)
    {
        if (!track.MayStart && track.Wishes.IsEmpty) return Note(track, record, now);
        var decision = RolloutStarter.Decide(track.Spec, record, track.Wishes, now, track.Router?.Drift is not null, track.StateLost is not null);
        track.MayStart = false;
        if (decision.Started is null && decision.Wishes.IsEmpty) return Note(track, record, now);

        var saved = record.After(decision, track.Spec);
        var started = saved.Active is { } active ? active with { Generation = saved.Generation } : null;
        var facts = Begin(track, started, decision.Wishes, now);
        if (started is not null)
        {
            saved = saved with { Active = started };
            facts.Add(Facts.Started(started, decision.Reason, now));
        }

        return new Proposal(
            track, new Commit(record.Generation, saved, started, facts.ToImmutable(), decision.Wishes),
            started is null ? null : new Decision(started, "start", decision.Reason, []),
            started is not null ? "start" : decision.Wishes.Any(o => o.Accepted) ? "resume" : "refuse", decision.Reason);
    }

    /// <summary>What happened without a rollout is told at once: there may be no decision for long.</summary>
    private static Proposal? Note(Track track, ServiceRecord record, DateTimeOffset now)
    {
        if (track.Notes.Count == 0) return null;
        var saved = record with { Generation = record.Generation + 1 };
        var facts = Begin(track, null, [], now);
        return new Proposal(track, new Commit(record.Generation, saved, null, facts.ToImmutable(), []), null, "note", facts[^1].Text);
    }

    /// <summary>The store is the journal, so a router that is ahead of it (a restored backup) is overtaken by a higher generation.</summary>
    private Proposal Overtake(Track track, ServiceRecord record, long found, DateTimeOffset now)
    {
        var generation = found + 1;
        var saved = record with { Generation = generation };
        if (record.Active is { } active)
            saved = saved with { Active = active with { Generation = generation }, Evidence = Evidence(track, now) };
        var facts = Begin(track, saved.Active, [], now);
        facts.Add(Facts.RouterAhead(saved, found, now));
        return new Proposal(track, new Commit(record.Generation, saved, saved.Active, facts.ToImmutable(), []) { Windows = record.Active is null ? null : Windows(track) }, null, "overtake", facts[^1].Text);
    }

    private static Seen See(Track track, ServiceRecord record, RolloutState active)
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
            NewerVersion = RolloutStarter.Newer(track.Spec, record),
            Versions = track.Versions,
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
    private static ImmutableArray<Fact>.Builder Begin(Track track, RolloutState? rollout, ImmutableArray<WishOutcome> wishes, DateTimeOffset now)
    {
        var facts = ImmutableArray.CreateBuilder<Fact>();
        facts.AddRange(track.Notes);
        foreach (var outcome in wishes) facts.Add(Facts.Ordered(track.Key, rollout?.Id, outcome, now));
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

    private ReadOnlyMemory<byte> Evidence(Track track, DateTimeOffset now)
    {
        buffer.ResetWrittenCount();
        bytes.Save(track.Observation, now, buffer);
        return buffer.WrittenSpan.ToArray();
    }
}

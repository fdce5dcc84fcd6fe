using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Journaling;
using TrafficCtl.Control.Rounds.Measuring;
using TrafficCtl.Control.Rounds.State;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.Observing;

/// <summary>Brings a target's in-memory state up to date with the store.</summary>
internal sealed class Loader(IStore store, ControlMetrics counts)
{
    private const int NewestFacts = 20;

    /// <returns>
    /// The next state; and the proposal in doubt if it turned out to be saved although the store had not confirmed it, else null.
    /// </returns>
    /// <exception cref="StoreUnavailableException">The store is unavailable; the state is unchanged.</exception>
    public async ValueTask<(TargetState State, Proposal? Saved)> LoadAsync(
        ControlledTarget target, DateTimeOffset now, CancellationToken stop)
    {
        var state = target.State;
        var known = state.Known;
        if (!known.MustLoad)
        {
            var wishes = await store.PendingWishesAsync(target.Key, stop);
            return (state with { Known = known with { Wishes = wishes, MustAsk = false, Trouble = null } }, null);
        }

        var record = await store.LoadAsync(target.Key, stop);
        known = known with
        {
            // After the first load this process tracks the loss itself; only the first load has to search the journal for it.
            StateLost = known.Record is null && record is { Active: null } && state.Declared.Spec.Target.NamesVersions
                ? LostState.Of(await store.FactsAsync(new FactQuery(target.Key, Limit: NewestFacts), stop))
                : known.StateLost,
            Wishes = await store.PendingWishesAsync(target.Key, stop),
            Newest = await NewestAsync(known.Newest, record, stop),
            MustLoad = false,
            MustAsk = false,
            InDoubt = null,
            Trouble = null,
        };
        var since = await SinceAsync(target, record, stop);
        // All reads are done: from here on nothing can fail halfway.
        var saved = state.Known.InDoubt is { } doubt && IsSaved(doubt.Commit, record) ? doubt : null;
        var isOurs = saved is not null || (state.Known.Record is { } before && before.Generation == record?.Generation);
        return (Take(target, state with { Known = known }, record, since, isOurs, now), saved);
    }

    /// <summary>What the last checkpoint says beside the whole one, with the ticks where they are needed; null when it is whole.</summary>
    private async ValueTask<EvidenceSince?> SinceAsync(ControlledTarget target, ServiceRecord? record, CancellationToken stop)
    {
        if (record is not { Active: { } active, Delta.IsEmpty: false }) return null;
        if (EvidenceBytes.FindDelta(record.Delta.Span, record.Evidence.Span) is not { } delta) return null;
        return target.Observation.Evidence.Of == active.Id
            ? new EvidenceSince(delta, [])
            : new EvidenceSince(delta, await store.WindowsAsync(active.Id, delta.First, stop));
    }

    /// <param name="target">Whose record it is.</param>
    /// <param name="state">The state of the target, with all else that was read.</param>
    /// <param name="record">As it is in the store.</param>
    /// <param name="since">What came since the whole checkpoint in it.</param>
    /// <param name="isOurs">This process saved it; otherwise another process was in control meanwhile, and its elapsed time counts.</param>
    /// <param name="now">The time of day.</param>
    private TargetState Take(
        ControlledTarget target, TargetState state, ServiceRecord? record, EvidenceSince? since, bool isOurs, DateTimeOffset now)
    {
        // What the store holds may be another process's: no checkpoint builds on it before it is saved whole.
        target.Observation.Evidence.SavedAll(default);
        state = state with { Known = state.Known with { Record = record }, Decided = state.Decided with { MayStart = true } };
        if (record is not null) target.Observation.Evidence.LearnPast(record.Learnt.Span);
        if (record?.Active is not { } active) return state;
        if (!isOurs || target.Observation.Evidence.Of != active.Id) state = Resume(target, state, record, since, active, now);
        active = state.Known.Record!.Active!;
        state = state with { Known = state.Known with { Newest = active } };
        return target.Observation.Evidence.Of == active.Id ? state : Restore(target, state, record, since, active, now);
    }

    /// <summary>
    /// Continues the elapsed time from the saved value. The time since the process in control last wrote to the store does not count.
    /// </summary>
    private static TargetState Resume(
        ControlledTarget target, TargetState state, ServiceRecord record, EvidenceSince? since, RolloutState active, DateTimeOffset now)
    {
        if (active.ChangedAfter is not null)
        {
            target.Clock.Resume(active, since?.Delta.Elapsed ?? EvidenceBytes.ElapsedOf(record.Evidence.Span));
            return state;
        }

        // An older version saved wall-clock times only, which do not prove that the time has passed: the phase is timed again from zero.
        active = active with { ChangedAfter = TimeSpan.Zero };
        target.Clock.Resume(active, null);
        return state with
        {
            Known = state.Known with { Record = record with { Active = active } },
            Pending = state.Pending.AddUrgent(Facts.ElapsedAnew(active, now)),
        };
    }

    private TargetState Restore(
        ControlledTarget target, TargetState state, ServiceRecord record, EvidenceSince? since, RolloutState active, DateTimeOffset now)
    {
        var into = target.Observation;
        into.BeginEvidence(active.Id, record.Recorded);
        if (record.Evidence.IsEmpty) return state;
        var restored = EvidenceSince.Restore(record, since, state.Declared.Spec.Analysis, into);
        var (pending, words) = (state.Pending, state.Known.LostWords);
        if (restored is not null)
        {
            var lost = Math.Max(0, (long)(now - restored.SavedAt).TotalSeconds);
            pending = pending.Add(Facts.Resumed(active, restored.SavedAt, restored.Ticks, lost, new Moment(now, target.Clock.Elapsed)));
            words = lost > 0 ? $"a restart lost at most {NumberText.Count(lost)} windows of 1 s of evidence" : null;
            counts.Lost(lost);
        }
        else
        {
            into.BeginEvidence(active.Id, record.Recorded);
        }

        if (restored is not ({ Judge: not null } or { HadJudge: false }))
        {
            const string Why = "its checkpoint is damaged, of another build, or of other tolerances";
            pending = pending.Add(Facts.EvidenceAnew(active, Why, now));
            words = $"the evidence started anew after a restart: {Why}";
        }

        return state with { Pending = pending, Known = state.Known with { LostWords = words } };
    }

    /// <summary>
    /// The newest rollout that has ended, rebuilt from the journal; <paramref name="held"/> if that is the same one, or if the journal
    /// does not contain it.
    /// </summary>
    private async ValueTask<RolloutState?> NewestAsync(RolloutState? held, ServiceRecord? record, CancellationToken stop)
    {
        if (record is not { LastNumber: > 0, Active: null } || held?.Number == record.LastNumber) return held;
        var id = RolloutState.IdOf(record.Key, record.LastNumber);
        var facts = await store.FactsAsync(new FactQuery(record.Key, id, NewestFacts), stop);
        return Facts.Replay(record.Key, record.LastNumber, facts) ?? held;
    }

    /// <summary>
    /// Whether a commit that the store answered with a fault was saved after all, judged by the record that it holds now.
    /// </summary>
    private static bool IsSaved(Commit commit, ServiceRecord? found) =>
        found is not null && found.Generation == commit.Record.Generation && found.LastNumber == commit.Record.LastNumber
        && found.LastGood == commit.Record.LastGood && found.Active?.Phase == commit.Record.Active?.Phase;
}

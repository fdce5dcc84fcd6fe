using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds;

/// <summary>Brings a track up to what the store says.</summary>
internal sealed class Loader(IStore store, ControlMetrics counts)
{
    private const int NewestFacts = 20;

    /// <returns>The proposal that turned out to be saved although the store did not say so; else null.</returns>
    public async ValueTask<Proposal?> LoadAsync(Track track, DateTimeOffset now, CancellationToken stop)
    {
        Proposal? saved = null;
        if (track.MustLoad)
        {
            var record = await store.LoadAsync(track.Key, stop);
            // Of what this process decided itself it knows; before, only the journal does.
            if (track.Record is null && record is { Active: null } && track.Spec.Target.NamesVersions)
                track.StateLost = LostState.Of(await store.FactsAsync(new FactQuery(track.Key, Limit: NewestFacts), stop));
            track.Wishes = await store.PendingWishesAsync(track.Key, stop);
            if (track.InDoubt is { } doubt && IsSaved(doubt.Commit, record)) saved = doubt;
            var isOurs = saved is not null || (track.Record is { } known && known.Generation == record?.Generation);
            Take(track, record, isOurs, now);
            if (track.Newest?.Number != record?.LastNumber) await ReplayAsync(track, stop);
            (track.MustLoad, track.MustAsk, track.InDoubt) = (false, false, null);
        }
        else if (track.MustAsk)
        {
            track.Wishes = await store.PendingWishesAsync(track.Key, stop);
            track.MustAsk = false;
        }

        return saved;
    }

    /// <param name="track">Whose record it is.</param>
    /// <param name="record">As it is in the store.</param>
    /// <param name="isOurs">This process saved it; else another one was in control meanwhile, and its time counts.</param>
    /// <param name="now">The time of day.</param>
    private void Take(Track track, ServiceRecord? record, bool isOurs, DateTimeOffset now)
    {
        track.Record = record;
        track.MayStart = true;
        if (record is not null) track.Observation.Baseline.Learn(record.Learnt.Span);
        if (record?.Active is not { } active) return;
        if (!isOurs || track.Observation.EvidenceOf != active.Id) active = Resume(track, record, active, now);
        track.Newest = active;
        if (track.Observation.EvidenceOf != active.Id) Restore(track, record, active, now);
    }

    /// <summary>The elapsed time goes on from what was saved: what passed since the store was last written by whoever was in control does not count.</summary>
    private static RolloutState Resume(Track track, ServiceRecord record, RolloutState active, DateTimeOffset now)
    {
        if (active.ChangedAfter is not null)
        {
            track.Clock.Resume(active, EvidenceBytes.ElapsedOf(record.Evidence.Span));
            return active;
        }

        // Of what was measured by the time of day nobody knows whether it has really passed: the present phase counts anew.
        active = active with { ChangedAfter = TimeSpan.Zero };
        track.Record = record with { Active = active };
        track.Clock.Resume(active, null);
        track.Notes.Add(Facts.ElapsedAnew(active, now));
        track.MustNote = true;
        return active;
    }

    private void Restore(Track track, ServiceRecord record, RolloutState active, DateTimeOffset now)
    {
        var into = track.Observation;
        into.Forget();
        into.EvidenceOf = active.Id;
        into.Windows.Begin(record.Recorded);
        if (record.Evidence.IsEmpty) return;
        var restored = EvidenceBytes.Restore(record.Evidence.Span, track.Spec.Analysis, into);
        var lost = restored is null ? 0 : Math.Max(0, (long)(now - restored.SavedAt).TotalSeconds);
        if (restored is not null)
        {
            track.Notes.Add(Facts.Resumed(active, restored.SavedAt, restored.Ticks, lost, new Moment(now, track.Clock.Elapsed)));
            track.LostWords = lost > 0 ? $"a restart lost at most {NumberText.Count(lost)} windows of 1 s of evidence" : null;
            counts.Lost(lost);
        }
        else
        {
            into.Forget();
            into.EvidenceOf = active.Id;
            into.Windows.Begin(record.Recorded);
        }

        if (restored is { Judge: not null } or { HadJudge: false }) return;
        var why = "its checkpoint is damaged, of another build, or of other tolerances";
        track.Notes.Add(Facts.EvidenceAnew(active, why, now));
        track.LostWords = $"the evidence started anew after a restart: {why}";
    }

    private async ValueTask ReplayAsync(Track track, CancellationToken stop)
    {
        if (track.Record is not { LastNumber: > 0 } record || record.Active is not null) return;
        var id = RolloutState.IdOf(track.Key, record.LastNumber);
        var facts = await store.FactsAsync(new FactQuery(track.Key, id, NewestFacts), stop);
        track.Newest = Facts.Replay(track.Key, record.LastNumber, facts) ?? track.Newest;
    }

    /// <summary>The store answered a commit with a fault; what it holds now tells whether the commit went through.</summary>
    private static bool IsSaved(Commit commit, ServiceRecord? found) =>
        found is not null && found.Generation == commit.Record.Generation && found.LastNumber == commit.Record.LastNumber
        && found.LastGood == commit.Record.LastGood && found.Active?.Phase == commit.Record.Active?.Phase;
}

using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Deciding;
using TrafficCtl.Control.Observing;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;

namespace TrafficCtl.Control.Reconciling;

/// <summary>One round: observe, decide, save all in one transaction, then act. What is not saved is not acted on.</summary>
internal sealed partial class Reconciler(
    IStore store, StoreAccess access, Loader loader, Observer observer, Decider decider, Actor actor, DriftAnswers drifts, Checkpoints checkpoints, Retention retention,
    Answers answers, Views views, ControlMetrics counts, TimeProvider clock, ILogger<Reconciler> log)
{
    /// <summary>Commits at once where each is a call of its own.</summary>
    private const int MostAtOnce = 8;

    private readonly List<Proposal> proposals = [];

    /// <summary>One commit broke the store in a way it does not know; until a round went well each is saved alone.</summary>
    private bool isWary;

    /// <summary>Adds to <paramref name="again"/> the services whose state changed: what follows need not wait for a second.</summary>
    public async Task RoundAsync(List<Track> tracks, HashSet<Track> again, CancellationToken stop)
    {
        proposals.Clear();
        foreach (var track in tracks) await ProposeAsync(track, again, stop);
        await SaveAsync(again, stop);
        var now = clock.GetUtcNow();
        var notices = views.Notices;
        foreach (var track in tracks)
        {
            await actor.ApplyAsync(track, stop);
            views.Put(ViewOf(track, notices, now));
        }

        views.Publish();
        await CheckpointAsync(tracks, false, stop);
        await PruneAsync(stop);
    }

    public TimeSpan FirstCheckpointAfter(int slot) => checkpoints.FirstAfter(slot);

    /// <summary>The evidence of all, before the process ends.</summary>
    public Task LastCheckpointAsync(IEnumerable<Track> tracks, CancellationToken stop) => CheckpointAsync(tracks, true, stop).AsTask();

    private async ValueTask ProposeAsync(Track track, HashSet<Track> again, CancellationToken stop)
    {
        try
        {
            var now = clock.GetUtcNow();
            if ((track.MustLoad || track.MustAsk) && access.IsOpen)
            {
                var saved = await loader.LoadAsync(track, now, stop);
                access.Works();
                if (saved is not null) Saved(saved, again);
            }
        }
        catch (StoreUnavailableException fault)
        {
            Unsaved(track, fault);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            Faulted(track, fault);
        }

        await actor.ObserveAsync(track, stop);
        await AnswerDriftAsync(track, stop);
        await DecideAsync(track, stop);
    }

    private async ValueTask AnswerDriftAsync(Track track, CancellationToken stop)
    {
        if (!access.IsOpen) return;
        try
        {
            await drifts.AnswerAsync(track, stop);
        }
        catch (StoreUnavailableException fault)
        {
            access.Failed(fault);
        }
    }

    private async ValueTask DecideAsync(Track track, CancellationToken stop)
    {
        try
        {
            var now = clock.GetUtcNow();
            await observer.ObserveAsync(track, now, stop);
            if (track.Observation.BeganAnew is { } why && track.Record?.Active is { } active)
            {
                track.Notes.Add(Facts.EvidenceAnew(active, why, now));
                track.Observation.BeganAnew = null;
            }

            if (track.MustLoad || !access.IsOpen) return;
            if (decider.Decide(track, now) is { } proposal) proposals.Add(proposal);
            else (track.Faults, track.FaultWords) = (0, null);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            Faulted(track, fault);
        }
    }

    private async ValueTask SaveAsync(HashSet<Track> again, CancellationToken stop)
    {
        if (!store.CommitsTogether)
        {
            await SaveEachAsync(again, stop);
            return;
        }

        if (!isWary)
        {
            await CommitAsync(proposals, again, stop);
            return;
        }

        isWary = false;
        foreach (var proposal in proposals.ToArray()) await CommitAsync([proposal], again, stop);
    }

    private async ValueTask CommitAsync(List<Proposal> batch, HashSet<Track> again, CancellationToken stop)
    {
        while (batch.Count > 0)
        {
            // Until the store has answered, nobody knows what it holds.
            foreach (var proposal in batch) (proposal.Track.InDoubt, proposal.Track.MustLoad) = (proposal, true);
            try
            {
                await store.CommitAsync([.. batch.Select(p => p.Commit)], stop);
                access.Works();
                foreach (var proposal in batch)
                {
                    (proposal.Track.InDoubt, proposal.Track.MustLoad) = (null, false);
                    Saved(proposal, again);
                }

                return;
            }
            catch (StaleGenerationException stale)
            {
                // Nothing was saved; the others are saved without it, and it decides anew from what the other writer left.
                counts.Stale();
                WriterAhead(log, stale.Message);
                foreach (var proposal in batch) proposal.Track.InDoubt = null;
                var removed = batch.RemoveAll(p => p.Track.Key == stale.Key);
                if (removed == 0) return;
            }
            catch (StoreUnavailableException fault)
            {
                access.Failed(fault);
                return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                isWary = true;
                foreach (var proposal in batch) Faulted(proposal.Track, fault);
                return;
            }
        }
    }

    /// <summary>Each in a call of its own, some at once; what came of them is taken in one by one. Once the store is gone the rest is not tried.</summary>
    private async ValueTask SaveEachAsync(HashSet<Track> again, CancellationToken stop)
    {
        var faults = new Exception?[proposals.Count];
        var asked = new bool[proposals.Count];
        var isGone = false;
        await Parallel.ForAsync(0, faults.Length, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = stop }, async (i, within) =>
        {
            if (Volatile.Read(ref isGone)) return;
            asked[i] = true;
            (proposals[i].Track.InDoubt, proposals[i].Track.MustLoad) = (proposals[i], true);
            try
            {
                await store.CommitAsync([proposals[i].Commit], within);
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                faults[i] = fault;
                if (fault is StoreUnavailableException { Only: null }) Volatile.Write(ref isGone, true);
            }
        });

        for (var i = 0; i < faults.Length; i++)
            if (asked[i]) Settle(proposals[i], faults[i], again);
            else proposals[i].Track.MayStart = true;
        if (!isGone && asked.Length > 0) access.Works();
    }

    private void Settle(Proposal proposal, Exception? fault, HashSet<Track> again)
    {
        switch (fault)
        {
            case null:
                (proposal.Track.InDoubt, proposal.Track.MustLoad) = (null, false);
                Saved(proposal, again);
                break;
            case StaleGenerationException:
                counts.Stale();
                WriterAhead(log, fault.Message);
                proposal.Track.InDoubt = null;
                break;
            case StoreUnavailableException gone:
                Unsaved(proposal.Track, gone);
                break;
            default:
                Faulted(proposal.Track, fault);
                break;
        }
    }

    private void Unsaved(Track track, StoreUnavailableException fault)
    {
        access.Failed(fault);
        if (fault.Only is not null) Faulted(track, fault);
    }

    private void Saved(Proposal proposal, HashSet<Track> again)
    {
        var (track, commit) = (proposal.Track, proposal.Commit);
        var now = clock.GetUtcNow();
        track.Record = commit.Record;
        track.Newest = commit.Rollout ?? track.Newest;
        track.LastDecision = proposal.Decision ?? track.LastDecision;
        track.Notes.Clear();
        (track.Faults, track.FaultWords) = (0, null);
        (track.MayStart, track.Observation.IsUnsaved) = (true, false);
        if (commit.Rollout?.Id == track.Observation.EvidenceOf) track.Observation.Windows.Saved(commit.Windows);
        track.CheckpointAt = now + checkpoints.FirstAfter(track.Slot);
        if (commit.Record.Active is null) track.LostWords = null;
        if (!commit.Wishes.IsEmpty)
        {
            var answered = commit.Wishes;
            track.Wishes = track.Wishes.RemoveAll(w => answered.Any(o => o.Wish.Id == w.Id));
            foreach (var outcome in answered) answers.Give(outcome);
        }

        counts.Decided(new DecisionLabel(track.Key.Service, track.Key.Environment, proposal.Kind), now);
        Decided(log, commit.Rollout?.Id ?? track.Key.Service, proposal.Kind, proposal.Why);
        again.Add(track);
    }

    private async ValueTask CheckpointAsync(IEnumerable<Track> tracks, bool isLast, CancellationToken stop)
    {
        if (!access.IsOpen) return;
        try
        {
            await checkpoints.SaveAsync(tracks, clock.GetUtcNow(), isLast, stop);
        }
        catch (StoreUnavailableException fault)
        {
            access.Failed(fault);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || isLast)
        {
            // Evidence only: decisions save theirs themselves, and a restart counts what is missing.
            counts.Faulted();
            CheckpointFailed(log, fault);
        }
    }

    private async ValueTask PruneAsync(CancellationToken stop)
    {
        if (!access.IsOpen) return;
        try
        {
            await retention.PruneAsync(clock.GetUtcNow(), stop);
        }
        catch (StoreUnavailableException fault)
        {
            access.Failed(fault);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // Old recordings stay a minute longer.
            counts.Faulted();
            PruneFailed(log, fault);
        }
    }

    private ServiceView ViewOf(Track track, ImmutableArray<string> notices, DateTimeOffset now)
    {
        var totals = track.Observation.Totals;
        var isActive = track.Record?.Active is not null;
        return new ServiceView(
            track.Spec, track.Record, track.Newest, isActive ? track.Seen : null, track.LastDecision, track.Router,
            totals.StableRates, totals.CandidateRates, Warnings.Of(track, access.Trouble, notices), now)
        {
            SampledAt = track.Observation.ReadAt,
        };
    }

    private void Faulted(Track track, Exception fault)
    {
        track.Faults++;
        track.FaultWords = fault.Message;
        counts.Faulted();
        RoundFailed(log, track.Newest?.Id ?? track.Key.Service, track.Faults, fault);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Rollout}: {Kind}: {Why}")]
    private static partial void Decided(ILogger log, string rollout, string kind, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another writer was there first: {Why}")]
    private static partial void WriterAhead(ILogger log, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "The evidence could not be saved; a restart now would lose what came since the last decision")]
    private static partial void CheckpointFailed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "Old recorded windows could not be deleted; it is tried again in a minute")]
    private static partial void PruneFailed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Rollout}: the round failed ({Times} times); it is tried again")]
    private static partial void RoundFailed(ILogger log, string rollout, int times, Exception fault);
}

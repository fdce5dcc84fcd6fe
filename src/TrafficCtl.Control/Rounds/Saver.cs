using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Timing;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds;

/// <summary>Makes proposals the state of record: all of a round in one transaction, or each alone where the store can do no more.</summary>
internal sealed partial class Saver(
    IStore store, StoreAccess access, Checkpoints checkpoints, Answers answers, Faults faults, ControlMetrics counts, TimeProvider clock, ILogger<Saver> log)
{
    /// <summary>Commits at once where each is a call of its own.</summary>
    private const int MostAtOnce = 8;

    /// <summary>One commit broke the store in a way it does not know; until a round went well each is saved alone.</summary>
    private bool isWary;

    /// <summary>What could not be saved is proposed anew in a later round.</summary>
    public async ValueTask SaveAsync(List<Proposal> proposals, HashSet<Track> again, CancellationToken stop)
    {
        if (!store.CommitsTogether)
        {
            await SaveEachAsync(proposals, again, stop);
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
                foreach (var proposal in batch) faults.Add(proposal.Track, fault);
                return;
            }
        }
    }

    /// <summary>Each in a call of its own, some at once; what came of them is taken in one by one. Once the store is gone the rest is not tried.</summary>
    private async ValueTask SaveEachAsync(List<Proposal> proposals, HashSet<Track> again, CancellationToken stop)
    {
        var outcomes = new Exception?[proposals.Count];
        var asked = new bool[proposals.Count];
        var isGone = false;
        await Parallel.ForAsync(0, outcomes.Length, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = stop }, async (i, within) =>
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
                outcomes[i] = fault;
                if (fault is StoreUnavailableException { Only: null }) Volatile.Write(ref isGone, true);
            }
        });

        for (var i = 0; i < outcomes.Length; i++)
            if (asked[i]) Settle(proposals[i], outcomes[i], again);
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
                faults.Add(proposal.Track, fault);
                break;
        }
    }

    /// <summary>Of all services, or only of this one.</summary>
    public void Unsaved(Track track, StoreUnavailableException fault)
    {
        access.Failed(fault);
        if (fault.Only is not null) faults.Add(track, fault);
    }

    /// <summary>What was proposed is the state of record now. Adds to <paramref name="again"/> what need not wait for a second.</summary>
    public void Saved(Proposal proposal, HashSet<Track> again)
    {
        var (track, commit) = (proposal.Track, proposal.Commit);
        var now = clock.GetUtcNow();
        track.Record = commit.Record;
        track.Newest = commit.Rollout ?? track.Newest;
        track.LastDecision = proposal.Decision ?? track.LastDecision;
        track.Notes.Clear();
        track.MustNote = false;
        track.Clock.Saved();
        (track.Faults, track.FaultWords) = (0, null);
        (track.MayStart, track.Observation.IsUnsaved) = (true, false);
        if (commit.Rollout?.Id == track.Observation.EvidenceOf) track.Observation.Windows.Saved(commit.Windows);
        track.CheckpointAt = clock.Running() + checkpoints.FirstAfter(track.Slot);
        if (commit.Record.Active is null) track.LostWords = null;
        track.StateLost = LostState.After(track.StateLost, commit.Facts);
        if (!commit.Wishes.IsEmpty)
        {
            var answered = commit.Wishes;
            track.Wishes = track.Wishes.RemoveAll(w => answered.Any(o => o.Wish.Id == w.Id));
            // Whoever resumes has decided about somebody else's hand too, also where no rollout is under way.
            if (answered.Any(o => o is { Accepted: true, Wish.Kind: WishKind.Resume })) track.MustSettle = true;
            if (track.Router?.Abort is { } abort && answered.Any(o => o.Wish.IsSameAs(abort with { Key = track.Key }))) track.AnsweredAbort = abort;
            foreach (var outcome in answered) answers.Give(outcome);
        }

        counts.Decided(new DecisionLabel(track.Key, proposal.Kind), now);
        var about = commit.Rollout?.Id ?? track.Key.Name;
        Decided(log, about, proposal.Kind, proposal.Why);
        again.Add(track);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Rollout}: {Kind}: {Why}")]
    private static partial void Decided(ILogger log, string rollout, string kind, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another writer was there first: {Why}")]
    private static partial void WriterAhead(ILogger log, string why);
}

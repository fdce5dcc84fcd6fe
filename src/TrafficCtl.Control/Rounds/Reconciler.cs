using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Recording;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Timing;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds;

/// <summary>One round: observe, decide, save all in one transaction, then act. What is not saved is not acted on.</summary>
internal sealed partial class Reconciler(
    StoreAccess access, Loader loader, Observer observer, GateReader gates, Decider decider, Saver saver, Actor actor, DriftAnswers drifts, AbortRecorder aborts,
    Checkpoints checkpoints,
    Retention retention, Faults faults, Views views, ControlMetrics counts, TimeProvider clock, ILogger<Reconciler> log)
{
    /// <summary>Calls to a router that is not of this process.</summary>
    private const int MostAtOnce = 8;

    private readonly List<Proposal> proposals = [];
    private readonly List<Task> asking = [];

    /// <summary>Adds to <paramref name="again"/> the services whose state changed: what follows need not wait for a second.</summary>
    public async Task RoundAsync(List<Track> tracks, HashSet<Track> again, CancellationToken stop)
    {
        proposals.Clear();
        foreach (var track in tracks) await ProposeAsync(track, again, stop);
        await saver.SaveAsync(proposals, again, stop);
        var (now, timestamp) = (clock.GetUtcNow(), clock.GetTimestamp());
        var notices = views.Notices;
        await ApplyAsync(tracks, stop);
        foreach (var track in tracks) views.Put(ViewOf(track, notices, now, timestamp));

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
                track.LoadTrouble = null;
                if (saved is not null) saver.Saved(saved, again);
            }
        }
        catch (StoreUnavailableException fault)
        {
            track.LoadTrouble = fault.Message;
            saver.Unsaved(track, fault);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            faults.Add(track, fault);
        }

        await actor.ObserveAsync(track, stop);
        var isKnown = await RecordAbortAsync(track, stop);
        await AnswerDriftAsync(track, stop);
        await DecideAsync(track, isKnown, stop);
    }

    /// <returns>False while the router carries out an abort that the store does not know.</returns>
    private async ValueTask<bool> RecordAbortAsync(Track track, CancellationToken stop)
    {
        if (track.Router?.Abort is null) return true;
        if (!access.IsOpen) return false;
        try
        {
            return await aborts.RecordAsync(track, stop);
        }
        catch (StoreUnavailableException fault)
        {
            saver.Unsaved(track, fault);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            faults.Add(track, fault);
        }

        return false;
    }

    /// <summary>Some at once, where the router has to ask somebody.</summary>
    private async ValueTask ApplyAsync(List<Track> tracks, CancellationToken stop)
    {
        foreach (var track in tracks)
        {
            var applying = actor.ApplyAsync(track, stop);
            if (applying.IsCompletedSuccessfully) continue;
            if (asking.Count == MostAtOnce) asking.Remove(await Task.WhenAny(asking));
            asking.Add(applying.AsTask());
        }

        var rest = Task.WhenAll(asking);
        asking.Clear();
        await rest;
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

    private async ValueTask DecideAsync(Track track, bool mayDecide, CancellationToken stop)
    {
        try
        {
            var now = track.Clock.Look(track.Record?.Active, clock.Now());
            NoteClock(track, now);
            await observer.ObserveAsync(track, now, stop);
            if (track.Observation.BeganAnew is { } why && track.Record?.Active is { } active)
            {
                track.Notes.Add(Facts.EvidenceAnew(active, why, now.At));
                track.Observation.BeganAnew = null;
            }

            track.Gates = track.Record?.Active is null ? [] : await gates.AskAsync(track.Spec, new GateFacts(now.At), stop);
            if (!mayDecide || track.MustLoad || !access.IsOpen) return;
            if (decider.Decide(track, now) is { } proposal) proposals.Add(proposal);
            else (track.Faults, track.FaultWords) = (0, null);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            faults.Add(track, fault);
        }
    }

    /// <summary>A step of the clock changes nothing for the rollout, and is on record for whoever reads its times of day.</summary>
    private static void NoteClock(Track track, Moment now)
    {
        if (track.Record?.Active is not { } active) return;
        if (track.Clock.Jump != TimeSpan.Zero) track.Notes.Add(Facts.ClockJumped(active, track.Clock.Jump, now));
        if (track.Clock.StoodStill > TimeSpan.Zero) track.Notes.Add(Facts.StoodStill(active, track.Clock.StoodStill, now));
        track.MustNote |= track.Clock.Jump != TimeSpan.Zero || track.Clock.StoodStill > TimeSpan.Zero;
    }

    private async ValueTask CheckpointAsync(IEnumerable<Track> tracks, bool isLast, CancellationToken stop)
    {
        if (!access.IsOpen) return;
        try
        {
            await checkpoints.SaveAsync(tracks, clock.Now(), isLast, stop);
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
            await retention.PruneAsync(clock.Now(), stop);
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

    private ServiceView ViewOf(Track track, ImmutableArray<string> notices, DateTimeOffset now, long timestamp)
    {
        var totals = track.Observation.Totals;
        var isActive = track.Record?.Active is not null;
        return new ServiceView(
            track.Spec, track.Record, track.Newest, isActive ? track.Seen : null, track.LastDecision, track.Router,
            totals.StableRates, totals.CandidateRates, Warnings.Of(track, access.Trouble, [.. views.RemarksOn(track.Key), .. notices]), now)
        {
            Notes = Notes.Of(track),
            SampledAt = track.Observation.ReadAt,
            RouteTrouble = track.RouterTrouble,
            MetricTrouble = track.MetricTrouble,
            RecordTrouble = track.Record is null ? track.LoadTrouble ?? access.Trouble ?? "the store was not read yet" : track.MustLoad ? track.LoadTrouble : null,
            StateLost = track.StateLost,
            Elapsed = track.Clock.Elapsed,
            Timestamp = timestamp,
        };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The evidence could not be saved; a restart now would lose what came since the last decision")]
    private static partial void CheckpointFailed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "Old recorded windows could not be deleted; it is tried again in a minute")]
    private static partial void PruneFailed(ILogger log, Exception fault);
}

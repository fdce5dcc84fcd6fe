using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Rounds.Troubles;
using TrafficCtl.Control.Telemetry;

namespace TrafficCtl.Control.Rounds.Saving;

/// <summary>Hands the commits of a round to the store: all in one transaction, or each alone where the store can do no more.</summary>
internal sealed partial class Saver(IStore store, StoreAccess access, ControlMetrics counts, ILogger<Saver> log)
{
    /// <summary>Commits at once where each is a call of its own.</summary>
    private const int MostAtOnce = 8;

    /// <summary>One commit broke the store in a way it does not know; until a round went well each is saved alone.</summary>
    private bool isWary;

    /// <returns>What became of each, in the same order.</returns>
    public async ValueTask<SaveOutcome[]> SaveAsync(IReadOnlyList<Commit> commits, CancellationToken stop)
    {
        var outcomes = new SaveOutcome[commits.Count];
        if (!store.CommitsTogether)
        {
            await SaveEachAsync(commits, outcomes, stop);
            return outcomes;
        }

        if (!isWary)
        {
            await CommitAsync([.. Enumerable.Range(0, outcomes.Length)], commits, outcomes, stop);
            return outcomes;
        }

        isWary = false;
        for (var i = 0; i < outcomes.Length; i++) await CommitAsync([i], commits, outcomes, stop);
        return outcomes;
    }

    /// <param name="batch">The places of those that are saved together.</param>
    /// <param name="commits">All of the round.</param>
    /// <param name="outcomes">Filled in at the same places.</param>
    /// <param name="stop">Ends the call.</param>
    private async ValueTask CommitAsync(List<int> batch, IReadOnlyList<Commit> commits, SaveOutcome[] outcomes, CancellationToken stop)
    {
        while (batch.Count > 0)
        {
            try
            {
                await store.CommitAsync([.. batch.Select(i => commits[i])], stop);
                access.Works();
                Set(SaveResult.Saved, null);
                return;
            }
            catch (StaleGenerationException stale)
            {
                // Nothing was saved; the others are saved without it, and it decides anew from what the other writer left.
                counts.Stale();
                WriterAhead(log, stale.Message);
                Set(SaveResult.Stale, null);
                if (batch.RemoveAll(i => commits[i].Record.Key == stale.Key) == 0) return;
            }
            catch (StoreUnavailableException fault)
            {
                access.Failed(fault);
                Set(SaveResult.InDoubt, null);
                return;
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                isWary = true;
                Set(SaveResult.InDoubt, fault);
                return;
            }
        }

        void Set(SaveResult result, Exception? fault)
        {
            foreach (var i in batch) outcomes[i] = new SaveOutcome(result, fault);
        }
    }

    /// <summary>Each in a call of its own, some at once. Once the store is gone the rest is not tried.</summary>
    private async ValueTask SaveEachAsync(IReadOnlyList<Commit> commits, SaveOutcome[] outcomes, CancellationToken stop)
    {
        var faults = new Exception?[outcomes.Length];
        var isGone = false;
        var options = new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = stop };
        await Parallel.ForAsync(0, outcomes.Length, options, async (i, within) =>
        {
            if (Volatile.Read(ref isGone)) return;
            outcomes[i] = new SaveOutcome(SaveResult.Saved);
            try
            {
                await store.CommitAsync([commits[i]], within);
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                faults[i] = fault;
                if (fault is StoreUnavailableException { Only: null }) Volatile.Write(ref isGone, true);
            }
        });

        for (var i = 0; i < outcomes.Length; i++)
            if (faults[i] is { } fault) outcomes[i] = OutcomeOf(fault);
        if (!isGone && outcomes.Length > 0) access.Works();
    }

    private SaveOutcome OutcomeOf(Exception fault)
    {
        switch (fault)
        {
            case StaleGenerationException:
                counts.Stale();
                WriterAhead(log, fault.Message);
                return new SaveOutcome(SaveResult.Stale);
            case StoreUnavailableException gone:
                access.Failed(gone);
                return new SaveOutcome(SaveResult.InDoubt, gone.Only is null ? null : gone);
            default:
                return new SaveOutcome(SaveResult.InDoubt, fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another writer was there first: {Why}")]
    private static partial void WriterAhead(ILogger log, string why);
}

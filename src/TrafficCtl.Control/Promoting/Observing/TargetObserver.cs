using System.Collections.Immutable;
using TrafficCtl.Control.Promoting.Running;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Control.Promoting.Observing;

/// <summary>Sees what runs at targets, and what the loop says of their rollouts.</summary>
internal sealed class TargetObserver(Runtimes runtimes, Views views, TimeProvider clock)
{
    /// <summary>A runtime that does not answer in this time counts as not answering.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Of all targets at the same time.</summary>
    public async ValueTask<ImmutableArray<TargetMemory>> ObserveAsync(
        ImmutableArray<TargetMemory> targets, TimeSpan running, CancellationToken stop)
    {
        var looks = new Task<RuntimeMemory>[targets.Length];
        for (var i = 0; i < targets.Length; i++) looks[i] = LookAsync(targets[i], running, stop);
        var seen = ImmutableArray.CreateBuilder<TargetMemory>(targets.Length);
        for (var i = 0; i < targets.Length; i++)
            seen.Add(targets[i] with { Runtime = await looks[i], Rollout = RolloutOf(targets[i]) });
        return seen.MoveToImmutable();
    }

    /// <summary>The loop has gone on since that was seen.</summary>
    public bool HasNews(TargetMemory target) =>
        views.Find(target.Key) is { Record: { } record, RecordTrouble: null } view
        && (!ReferenceEquals(record, target.Rollout.Record) || !ReferenceEquals(view.Newest, target.Rollout.Newest));

    private RolloutMemory RolloutOf(TargetMemory target) => views.Find(target.Key) switch
    {
        { Record: { } record, RecordTrouble: null } view => new RolloutMemory(true, record, view.Newest)
        {
            IsOfLoop = true,
            Router = view.Router,
        },
        { } view => target.Rollout with { Router = view.Router },
        null => target.Rollout,
    };

    private async Task<RuntimeMemory> LookAsync(TargetMemory target, TimeSpan running, CancellationToken stop)
    {
        try
        {
            var runtime = await runtimes.OfAsync(target.Target, stop);
            var look = runtime.ObserveAsync(target.Key, stop);
            return new(look.IsCompletedSuccessfully ? look.Result : await look.AsTask().WaitAsync(Patience, clock, stop));
        }
        catch (TimeoutException)
        {
            return Gone(target.Runtime, $"its runtime does not answer within {DurationText.Of(Patience)}", running);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return Gone(target.Runtime, fault.Message, running);
        }
    }

    private static RuntimeMemory Gone(RuntimeMemory before, string why, TimeSpan running) =>
        before with { Trouble = why, GoneSince = before.GoneSince ?? running };
}

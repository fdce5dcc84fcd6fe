using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Promoting.Reporting;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Control.Timing;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Pipelines;

namespace TrafficCtl.Control.Promoting.Looping;

/// <summary>
/// Drives every pipeline: a round each second, and at once after an order, a publication, or a round of one of its targets. The leader
/// runs it beside the control loop.
/// </summary>
public sealed partial class PromotionLoop
{
    public static readonly TimeSpan Period = Beat.Period;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly PromotionParts parts;
    private readonly Pipelines pipelines;
    private readonly OrderBox box;
    private readonly PromotionViews promotionViews;
    private readonly Views views;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly ConcurrentQueue<string> woken = new();
    private volatile TaskCompletionSource signal = New();

    // Owned by the loop.
    private readonly SortedDictionary<string, DrivenPipeline> driven = new(StringComparer.Ordinal);
    private ImmutableArray<PipelineSpec> adopted = [];

    internal PromotionLoop(
        PromotionParts parts, Pipelines pipelines, OrderBox box, PromotionViews promotionViews, Views views, TimeProvider clock,
        ILogger<PromotionLoop> log) =>
        (this.parts, this.pipelines, this.box, this.promotionViews, this.views, this.clock, this.log) =
            (parts, pipelines, box, promotionViews, views, clock, log);

    /// <summary>
    /// All pipelines, at start and at each change. What is no longer named is no longer driven: its versions run on, and its facts stay.
    /// </summary>
    public void SetPipelines(ImmutableArray<PipelineSpec> declared)
    {
        pipelines.Set(declared);
        // A pipeline that is declared is known to readers, before its first round and while its facts cannot be read.
        foreach (var spec in declared)
            if (promotionViews.Find(spec.Service) is null)
                promotionViews.Put(PipelineReporter.Report(new(spec), clock.GetUtcNow(), "its facts were not read yet").View);
        Signal();
    }

    /// <summary>A version of the service was published: it is read in a round at once. By any thread.</summary>
    public void Wake(string service)
    {
        woken.Enqueue(service);
        Signal();
    }

    /// <summary>Rounds until stopped; then waits for what it began. Versions run on.</summary>
    /// <remarks>It may be run again: another process may have led in between, so nothing of the run before is believed.</remarks>
    public async Task RunAsync(CancellationToken stop)
    {
        Begin();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                if (!await TryTurnAsync(stop)) await Task.Delay(Period, clock, stop);
                await WaitAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        finally
        {
            box.Close();
            await parts.Calls.EndAsync();
            await parts.Runtimes.CloseAsync();
        }
    }

    /// <returns>False when it failed outside the round of a pipeline.</returns>
    private async Task<bool> TryTurnAsync(CancellationToken stop)
    {
        try
        {
            await TurnAsync(stop);
            return true;
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            LogTurnFailed(log, fault);
            return false;
        }
    }

    /// <summary>Nothing of a run before is believed.</summary>
    internal void Begin()
    {
        driven.Clear();
        adopted = [];
        parts.Services.Forget();
        box.Open();
    }

    /// <returns>False when nothing was due.</returns>
    internal async Task<bool> TurnAsync(CancellationToken stop)
    {
        await AdoptAsync(stop);
        while (woken.TryDequeue(out var service))
            if (driven.TryGetValue(service, out var found)) found.Take(found.Memory with { PublicationsAt = null });
        var wasDue = false;
        foreach (var (service, pipeline) in driven)
        {
            if (pipeline.NextAt > clock.Running() && !IsWoken(service, pipeline)) continue;
            wasDue = true;
            await RoundAsync(service, pipeline, stop);
        }

        return wasDue;
    }

    private bool IsWoken(string service, DrivenPipeline pipeline) =>
        box.Has(service) || (pipeline.Faults == 0 && parts.Observer.HasNews(pipeline.Memory));

    private async Task RoundAsync(string service, DrivenPipeline pipeline, CancellationToken stop)
    {
        try
        {
            var (next, end) = await parts.Round.RunAsync(pipeline.Memory, stop);
            if (end == RoundEnd.Trouble) pipeline.Failed(next, clock.Running() + PauseAfter(pipeline.Faults));
            else pipeline.Ended(next, end == RoundEnd.Again ? TimeSpan.Zero : NextBeat());
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            pipeline.Failed(pipeline.Memory, clock.Running() + PauseAfter(pipeline.Faults));
            LogFailed(log, service, pipeline.Faults, fault);
        }
    }

    private static TimeSpan PauseAfter(int faults) =>
        TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, Period.Ticks << Math.Min(faults, 10)));

    /// <summary>All on one beat.</summary>
    private TimeSpan NextBeat()
    {
        var running = clock.Running().Ticks;
        return TimeSpan.FromTicks(running + Period.Ticks - (running % Period.Ticks));
    }

    private async ValueTask AdoptAsync(CancellationToken stop)
    {
        var declared = pipelines.All;
        if (declared == adopted) return;
        var named = declared.Select(static s => s.Service).ToImmutableHashSet(StringComparer.Ordinal);
        foreach (var gone in driven.Keys.Where(k => !named.Contains(k)).ToArray())
        {
            driven.Remove(gone);
            promotionViews.Remove(gone);
        }

        foreach (var spec in declared)
        {
            if (!driven.TryGetValue(spec.Service, out var held)) driven[spec.Service] = new(new PipelineMemory(spec));
            else if (!ReferenceEquals(held.Memory.Spec, spec)) held.Take(held.Memory.Redeclared(spec));
        }

        var problems = await parts.Services.KeepAsync(named, stop);
        if (problems.IsEmpty) adopted = declared;
        else LogNotTaken(log, string.Join("; ", problems));
    }

    private async Task WaitAsync(CancellationToken stop)
    {
        var waiting = signal.Task;
        var (news, orders) = (views.ChangedAsync(views.Version, stop), box.Arrived);
        var next = driven.Count == 0 ? Period : driven.Values.Min(static p => p.NextAt) - clock.Running();
        if (next <= TimeSpan.Zero || driven.Any(p => IsWoken(p.Key, p.Value))) return;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var timer = Task.Delay(next, clock, ended.Token);
        await Task.WhenAny(waiting, orders, news, timer);
        await ended.CancelAsync();
        signal = waiting.IsCompleted ? New() : signal;
        stop.ThrowIfCancellationRequested();
    }

    private void Signal() => signal.TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(Level = LogLevel.Error, Message = "The round of pipeline {Service} failed ({Times} times in a row); it goes on")]
    private static partial void LogFailed(ILogger log, string service, int times, Exception fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "The promotion loop failed; it goes on")]
    private static partial void LogTurnFailed(ILogger log, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What pipelines no longer declare is still in force: {Why}")]
    private static partial void LogNotTaken(ILogger log, string why);
}

using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Events;

/// <summary>Writes what is recorded as Events, in order, some time later. What cannot be written is logged and left.</summary>
public sealed partial class EventRecorder : IEventRecorder
{
    /// <summary>Told and not written yet; when there are more the oldest are left out.</summary>
    public const int MostWaiting = 1_024;

    private readonly Channel<ObjectEvent> waiting;
    private readonly IKube kube;
    private readonly string instance;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly EventLimiter limiter = new();
    private long number, left;
    private string? trouble;

    /// <param name="kube">Where events are written; a leader's.</param>
    /// <param name="instance">This process: its pod's name.</param>
    /// <param name="clock">The time.</param>
    /// <param name="log">The log.</param>
    public EventRecorder(IKube kube, string instance, TimeProvider clock, ILogger<EventRecorder> log)
    {
        (this.kube, this.instance, this.clock, this.log) = (kube, instance, clock, log);
        waiting = Channel.CreateBounded<ObjectEvent>(
            new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref left));
    }

    /// <summary>Events that were never written: too many at once, for an object or for all.</summary>
    public long Left => Interlocked.Read(ref left);

    public void Record(ObjectEvent told) => waiting.Writer.TryWrite(told);

    /// <summary>Writes until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var told in waiting.Reader.ReadAllAsync(stop)) await WriteAsync(told, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What is still told now has nobody to read it.
        }
    }

    internal async Task WriteAsync(ObjectEvent told, CancellationToken stop)
    {
        var (now, running) = (clock.GetUtcNow(), clock.GetElapsedTime(0, clock.GetTimestamp()));
        var admission = limiter.Admit(told, running);
        if (admission.IsDropped)
        {
            Interlocked.Increment(ref left);
            return;
        }

        try
        {
            if (admission.Series is { } name && await CountAsync(told, admission, name, now, stop)) return;
            name = EventObject.NameOf(told.About.Name, now, ++number);
            var shown = admission.IsCombined ? told with { Note = $"(one of several like it) {told.Note}" } : told;
            await kube.CreateAsync(KubeKind.Event, EventObject.Space(told.About.Name), EventObject.Of(shown, name, instance, now), stop);
            limiter.Sent(told, admission.IsCombined, name, running);
            trouble = null;
        }
        catch (KubeException fault)
        {
            Interlocked.Increment(ref left);
            if (fault.Reason != KubeException.NotLeading && trouble != fault.Message) NotWritten(log, told.About, told.Note, fault.Message);
            trouble = fault.Message;
        }
    }

    /// <returns>False when the event is gone: they live for an hour.</returns>
    private async Task<bool> CountAsync(ObjectEvent told, Admission admission, string name, DateTimeOffset now, CancellationToken stop)
    {
        try
        {
            var at = new KubeName(KubeKind.Event, EventObject.Space(told.About.Name), name);
            await kube.PatchAsync(at, KubePatch.Merge(EventObject.Again(admission.Count, now)), null, stop);
            return true;
        }
        catch (KubeException gone) when (gone.Code == HttpStatusCode.NotFound)
        {
            limiter.Lost(told, admission.IsCombined);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{About} could not be told \"{Note}\": {Why}")]
    private static partial void NotWritten(ILogger log, KubeOrigin about, string note, string why);
}

using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Sources;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Daemon.Api;

namespace TrafficCtl.Daemon.Modules.Promotion;

/// <summary>Watches the folders in which versions of pipelines appear: one for each pipeline that names one.</summary>
internal sealed partial class Releases(IPublications store, VersionPublished published, TimeProvider clock, ILogger<ReleaseWatch> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Watched> watched = new(StringComparer.Ordinal);
    private volatile TaskCompletionSource changed = New();
    private ImmutableArray<PipelineSpec> declared = [];

    /// <summary>The pipelines that are declared from now on.</summary>
    public void Set(ImmutableArray<PipelineSpec> specs)
    {
        ImmutableInterlocked.InterlockedExchange(ref declared, specs);
        changed.TrySetResult();
    }

    /// <summary>Watches until stopped.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var signal = changed = New();
                await AdoptAsync(stop);
                await signal.Task.WaitAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end was asked for.
        }
        finally
        {
            foreach (var one in watched.Values) await one.EndAsync();
        }
    }

    private async Task AdoptAsync(CancellationToken stop)
    {
        var wanted = declared.Where(static p => p.Artifact is not null).ToDictionary(static p => p.Service, static p => p.Artifact!);
        foreach (var (service, one) in watched.ToArray())
        {
            if (wanted.GetValueOrDefault(service) == one.Pattern) continue;
            watched.Remove(service);
            await one.EndAsync();
        }

        foreach (var (service, pattern) in wanted)
        {
            if (watched.ContainsKey(service)) continue;
            var watch = new ReleaseWatch(service, new ReleaseFolder(pattern, clock), new Waking(store, published), clock, log);
            watched[service] = new Watched(pattern, ending => FollowAsync(service, watch, ending), stop);
        }
    }

    /// <summary>A fault inside ends no watch for good.</summary>
    private async Task FollowAsync(string service, ReleaseWatch watch, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await watch.RunAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                LogFault(log, service, fault);
                await Task.Delay(Pause, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Watched
    {
        private readonly CancellationTokenSource ending;
        private readonly Task work;

        public Watched(ArtifactPattern pattern, Func<CancellationToken, Task> follow, CancellationToken stop)
        {
            Pattern = pattern;
            ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
            work = follow(ending.Token);
        }

        public ArtifactPattern Pattern { get; }

        public async Task EndAsync()
        {
            await ending.CancelAsync();
            await work;
            ending.Dispose();
        }
    }

    /// <summary>Tells of what was recorded, so that the pipeline reads it at once.</summary>
    private sealed class Waking(IPublications inner, VersionPublished published) : IPublications
    {
        public async ValueTask<PublicationOutcome> PublishAsync(Publication publication, CancellationToken stop)
        {
            var outcome = await inner.PublishAsync(publication, stop);
            if (outcome.Answer == PublicationAnswer.Recorded) published(publication.Service);
            return outcome;
        }

        public ValueTask<ImmutableArray<Publication>> PublicationsAsync(string service, CancellationToken stop) =>
            inner.PublicationsAsync(service, stop);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Service}: the watch of its folder of releases failed, and begins again")]
    private static partial void LogFault(ILogger log, string service, Exception fault);
}

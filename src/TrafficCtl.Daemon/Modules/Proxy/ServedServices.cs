using System.Collections.Immutable;
using TrafficCtl.Control.Looping;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Hosting;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>
/// The services behind the embedded proxy: those of files, and those that pipelines make of what runs. The proxy is always given all.
/// </summary>
internal sealed class ServedServices(ProxyServer proxy, ControlLoop loop) : IDisposable
{
    private const string Pipelines = "the pipelines";

    private readonly SemaphoreSlim one = new(1, 1);
    private ImmutableArray<ServiceSpec> files = [], pipelines = [];

    // Targets of pipelines as an earlier process left them: until a pipeline declares them.
    private ImmutableArray<ServiceSpec> retained = [];

    /// <summary>Binds the listeners and serves.</summary>
    /// <param name="ofFiles">Services of files.</param>
    /// <param name="ofPipelines">Targets of pipelines that served last, where they served; none that never did.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="ListenException">As <see cref="ProxyServer.StartAsync"/>.</exception>
    public async Task StartAsync(ImmutableArray<ServiceSpec> ofFiles, ImmutableArray<ServiceSpec> ofPipelines, CancellationToken stop)
    {
        await one.WaitAsync(stop);
        try
        {
            await proxy.StartAsync([.. ofFiles, .. ofPipelines], stop);
            (files, retained) = (ofFiles, ofPipelines);
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>The files are these from now on.</summary>
    /// <param name="next">Services of files.</param>
    /// <param name="targets">Every target of a pipeline that the files declare; what served for others is let go.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="ListenException">As <see cref="ProxyServer.ReloadAsync"/>: all is as before.</exception>
    public async Task PutFilesAsync(ImmutableArray<ServiceSpec> next, ImmutableHashSet<TargetKey> targets, CancellationToken stop)
    {
        await one.WaitAsync(stop);
        try
        {
            var kept = pipelines.RemoveAll(s => !targets.Contains(s.Key));
            var waiting = retained.RemoveAll(s => !targets.Contains(s.Key));
            await proxy.ReloadAsync([.. next, .. kept, .. waiting], stop);
            if (kept.Length < pipelines.Length) loop.SetServices(kept, source: Pipelines);
            (files, pipelines, retained) = (next, kept, waiting);
            loop.SetServices(next);
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>The pipelines make these from now on: listeners are opened first, then rounds begin.</summary>
    /// <exception cref="ListenException">As <see cref="ProxyServer.ReloadAsync"/>: all is as before.</exception>
    public async Task PutPipelinesAsync(ImmutableArray<ServiceSpec> next, CancellationToken stop)
    {
        await one.WaitAsync(stop);
        try
        {
            // A file that took over a target of a pipeline that is gone keeps it.
            var ofFiles = files.Select(static s => s.Key).ToHashSet();
            next = next.RemoveAll(s => ofFiles.Contains(s.Key));
            var declared = next.Select(static s => s.Key).ToHashSet();
            var waiting = retained.RemoveAll(s => declared.Contains(s.Key));
            await proxy.ReloadAsync([.. files, .. next, .. waiting], stop);
            (pipelines, retained) = (next, waiting);
            loop.SetServices(next, source: Pipelines);
        }
        finally
        {
            one.Release();
        }
    }

    public void Dispose() => one.Dispose();
}

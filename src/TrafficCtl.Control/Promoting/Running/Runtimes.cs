using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Pipelines;

namespace TrafficCtl.Control.Promoting.Running;

/// <summary>The runtimes of this process, each opened when a pipeline first needs it. Owned by the promotion loop.</summary>
internal sealed class Runtimes(IEnumerable<IRuntimeFactory> factories, Pipelines pipelines)
{
    private readonly ImmutableArray<IRuntimeFactory> factories = [.. factories];
    private readonly Dictionary<string, Task<IRuntime>> open = new(StringComparer.Ordinal);

    /// <exception cref="RuntimeUnavailableException">It cannot be opened now, or this process has none of the kind.</exception>
    public async ValueTask<IRuntime> OfAsync(PipelineTarget target, CancellationToken stop)
    {
        var kind = target.Runtime.Kind;
        if (open.TryGetValue(kind, out var held) && held is { IsFaulted: false, IsCanceled: false }) return await held;
        var factory = factories.FirstOrDefault(f => f.Kind == kind) ?? throw new RuntimeUnavailableException(
            $"nothing in this process runs {target.Key} by a runtime {kind}: start a process with the module for it");
        // Targets of one kind that are looked at together get the same one.
        return await (open[kind] = factory.OpenAsync(pipelines.FindRuntime, stop).AsTask());
    }

    /// <summary>All that runs goes on.</summary>
    public async ValueTask CloseAsync()
    {
        foreach (var opened in open.Values.Where(static o => o.IsCompletedSuccessfully))
        {
            var runtime = await opened;
            if (runtime is IAsyncDisposable later) await later.DisposeAsync();
            else (runtime as IDisposable)?.Dispose();
        }

        open.Clear();
    }
}

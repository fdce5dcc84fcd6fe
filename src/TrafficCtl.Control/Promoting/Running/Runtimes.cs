using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Pipelines;

namespace TrafficCtl.Control.Promoting.Running;

/// <summary>The runtimes of this process, each opened when a pipeline first needs it. Owned by the promotion loop.</summary>
internal sealed class Runtimes(IEnumerable<IRuntimeFactory> factories, Pipelines pipelines)
{
    private readonly ImmutableArray<IRuntimeFactory> factories = [.. factories];
    private readonly Dictionary<string, IRuntime> open = new(StringComparer.Ordinal);

    /// <exception cref="RuntimeUnavailableException">It cannot be opened now, or this process has none of the kind.</exception>
    public async ValueTask<IRuntime> OfAsync(PipelineTarget target, CancellationToken stop)
    {
        var kind = target.Runtime.Kind;
        if (open.TryGetValue(kind, out var held)) return held;
        var factory = factories.FirstOrDefault(f => f.Kind == kind) ?? throw new RuntimeUnavailableException(
            $"nothing in this process runs {target.Key} by a runtime {kind}: start a process with the module for it");
        var opened = await factory.OpenAsync(pipelines.FindRuntime, stop);
        open[kind] = opened;
        return opened;
    }

    /// <summary>All that runs goes on.</summary>
    public async ValueTask CloseAsync()
    {
        foreach (var runtime in open.Values)
        {
            if (runtime is IAsyncDisposable later) await later.DisposeAsync();
            else (runtime as IDisposable)?.Dispose();
        }

        open.Clear();
    }
}

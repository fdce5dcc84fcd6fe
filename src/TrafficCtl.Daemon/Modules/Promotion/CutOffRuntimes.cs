using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Modules.Promotion;

/// <summary>A runtime whose targets can be cut off: then nothing can be started, seen or stopped there, and what runs serves on.</summary>
/// <param name="inner">The runtime.</param>
/// <param name="isCutOff">By environment and target.</param>
internal sealed class CutOffRuntimes(IRuntimeFactory inner, Func<string, string, bool> isCutOff) : IRuntimeFactory
{
    public string Kind => inner.Kind;

    public async ValueTask<IRuntime> OpenAsync(Func<TargetKey, RuntimeSpec?> find, CancellationToken stop) =>
        new Runtime(await inner.OpenAsync(find, stop), isCutOff);

    private sealed class Runtime(IRuntime inner, Func<string, string, bool> isCutOff) : IRuntime, IAsyncDisposable
    {
        public Abilities Abilities => inner.Abilities;

        public ValueTask<RuntimeStatus> ObserveAsync(TargetKey key, CancellationToken stop) => Reached(key).ObserveAsync(key, stop);

        public ValueTask<SlotStatus> EnsureAsync(TargetKey key, string slot, RunnableBundle bundle, CancellationToken stop) =>
            Reached(key).EnsureAsync(key, slot, bundle, stop);

        public ValueTask<SlotStatus?> DrainAsync(TargetKey key, string slot, CancellationToken stop) =>
            Reached(key).DrainAsync(key, slot, stop);

        public ValueTask StopAsync(TargetKey key, string slot, CancellationToken stop) => Reached(key).StopAsync(key, slot, stop);

        public async ValueTask DisposeAsync()
        {
            if (inner is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else (inner as IDisposable)?.Dispose();
        }

        private IRuntime Reached(TargetKey key) => isCutOff(key.Environment, key.Target)
            ? throw new RuntimeUnavailableException($"{key} is cut off: nothing can be asked of it until it is back.")
            : inner;
    }
}

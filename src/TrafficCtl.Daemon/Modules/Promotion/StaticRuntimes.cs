using TrafficCtl.Adapters.Runtimes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Modules.Promotion;

/// <summary>Versions that run already, at the endpoints of the file.</summary>
internal sealed class StaticRuntimes(TimeProvider clock) : IRuntimeFactory
{
    public string Kind => "static";

    public ValueTask<IRuntime> OpenAsync(Func<TargetKey, RuntimeSpec?> find, CancellationToken stop) =>
        ValueTask.FromResult<IRuntime>(new StaticRuntime(
            key => find(key) is RuntimeSpec.Static given ? new StaticVersions(given.Versions, given.Health) : null, clock));
}

using Microsoft.Extensions.Logging;
using TrafficCtl.Adapters.Runtimes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Modules.Promotion;

/// <summary>Runs the versions of pipelines as processes of this machine.</summary>
/// <param name="folder">For their records and logs.</param>
internal sealed class ProcessRuntimes(string folder, TimeProvider clock, ILogger<ProcessRuntime> log) : IRuntimeFactory
{
    public string Kind => "process";

    public async ValueTask<IRuntime> OpenAsync(Func<TargetKey, RuntimeSpec?> find, CancellationToken stop)
    {
        var runtime = await ProcessRuntime.OpenAsync(
            folder, key => find(key) is RuntimeSpec.Process process ? process.Settings : null, clock, log, stop);
        // It looks after its slots until it is disposed, which leaves them running.
        _ = runtime.RunAsync(CancellationToken.None);
        return runtime;
    }
}

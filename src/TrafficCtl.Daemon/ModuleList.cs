using System.Collections.Immutable;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Modules.Cluster;
using TrafficCtl.Daemon.Modules.Promotion;
using TrafficCtl.Daemon.Modules.Proxy;

namespace TrafficCtl.Daemon;

/// <summary>The modules that the options of a process switch on: a row each.</summary>
internal static class ModuleList
{
    /// <exception cref="DaemonRefusedException">One of them cannot be prepared, or nothing is switched on.</exception>
    public static async Task<ImmutableArray<IModule>> PrepareAsync(DaemonOptions options, Action<string> tell, CancellationToken stop)
    {
        var modules = new List<IModule>();
        try
        {
            // The proxy comes first: its store is the process' store.
            if (!options.Files.IsEmpty)
            {
                modules.Add(await ProxyModule.PrepareAsync(options, tell, stop));
                modules.Add(new PromotionModule(options));
            }

            if (!options.Clusters.IsEmpty) modules.Add(ClusterModule.Prepare(options));
            if (modules.Count == 0) throw new DaemonRefusedException(["there is nothing to drive: name delivery files, or a cluster"]);
            return [.. modules];
        }
        catch
        {
            foreach (var module in modules) module.Dispose();
            throw;
        }
    }
}

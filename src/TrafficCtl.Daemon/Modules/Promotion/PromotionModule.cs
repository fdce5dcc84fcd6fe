using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Control;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting.Looping;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Modules.Proxy;

namespace TrafficCtl.Daemon.Modules.Promotion;

/// <summary>The pipelines of delivery files: their loop, their runtimes, and the folders in which their versions appear.</summary>
/// <remarks>It comes after the proxy module, which reads the files. At its end every version runs on.</remarks>
internal sealed class PromotionModule(DaemonOptions options) : IModule
{
    internal const string RuntimeFolder = "processes";

    private Releases? releases;

    public void Add(IServiceCollection services)
    {
        var folder = Path.Combine(Path.GetFullPath(options.DataDirectory), RuntimeFolder);
        services.AddPromotion();
        services.AddSingleton<IPipelineServices, PipelineServices>();
        AddRuntime(services, s => ActivatorUtilities.CreateInstance<ProcessRuntimes>(s, folder));
        AddRuntime(services, static s => ActivatorUtilities.CreateInstance<StaticRuntimes>(s));
        services.AddSingleton<VersionPublished>(static s => s.GetRequiredService<PromotionLoop>().Wake);
        services.AddSingleton<Releases>();
    }

    public Task BeginAsync(IServiceProvider services, CancellationToken stop)
    {
        var loop = services.GetRequiredService<PromotionLoop>();
        var watched = releases = services.GetRequiredService<Releases>();
        services.GetRequiredService<DeclaredPipelines>().Follow(specs =>
        {
            loop.SetPipelines(specs);
            watched.Set(specs);
        });
        return Task.CompletedTask;
    }

    public Task RunAsync(CancellationToken stop) =>
        (releases ?? throw new InvalidOperationException("The module has not begun.")).RunAsync(stop);

    private void AddRuntime(IServiceCollection services, Func<IServiceProvider, IRuntimeFactory> make) =>
        services.AddSingleton(s => options.IsCutOff is { } isCutOff ? new CutOffRuntimes(make(s), isCutOff) : make(s));

    public void Dispose()
    {
        // What it holds ends with the process' services.
    }
}

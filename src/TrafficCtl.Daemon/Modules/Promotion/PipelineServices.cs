using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Services;
using TrafficCtl.Daemon.Modules.Proxy;
using TrafficCtl.Proxy.Settings;

namespace TrafficCtl.Daemon.Modules.Promotion;

/// <summary>Puts the services of pipelines behind the embedded proxy.</summary>
internal sealed partial class PipelineServices(ServedServices served, ILogger<PipelineServices> log) : IPipelineServices
{
    public async ValueTask<ImmutableArray<string>> DeclareAsync(ImmutableArray<ServiceSpec> services, CancellationToken stop)
    {
        try
        {
            await served.PutPipelinesAsync(services, stop);
            return [];
        }
        catch (ListenException fault)
        {
            return [fault.Message];
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // A fault inside must not end a process that serves.
            LogFault(fault);
            return [$"a fault inside: {fault.Message}"];
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The services of the pipelines could not be served")]
    private partial void LogFault(Exception fault);
}

using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using TrafficCtl.Proxy.Forwarding;
using TrafficCtl.Proxy.Requests;

namespace TrafficCtl.Proxy.Listening;

/// <summary>What a listener's server runs: finds the service, and lets the middleware do the rest.</summary>
/// <remarks>
/// A socket is bound before its services are in force, because binding is what can fail; requests of that moment wait for them.
/// </remarks>
internal sealed class ProxyApplication(
    CohortMiddleware middleware, Tunnels tunnels, TimeProvider clock, bool isTls) : IHttpApplication<Exchange>
{
    private readonly TaskCompletionSource served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MatchTable<ServiceBinding>? services;

    /// <summary>Replaces the listener's services; requests under way keep what they found.</summary>
    public void Serve(MatchTable<ServiceBinding> table)
    {
        Volatile.Write(ref services, table);
        served.TrySetResult();
    }

    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        var owner = contextFeatures as IHostContextContainer<Exchange>;
        var exchange = owner?.HostContext ?? new Exchange(clock, tunnels);
        if (owner is not null) owner.HostContext = exchange;
        exchange.Begin(contextFeatures, isTls);
        return exchange;
    }

    public Task ProcessRequestAsync(Exchange context) =>
        Volatile.Read(ref services) is { } table ? Process(context, table) : WaitAsync(context);

    public void DisposeContext(Exchange context, Exception? exception) => context.End();

    private async Task WaitAsync(Exchange context)
    {
        await served.Task.WaitAsync(context.Http.RequestAborted);
        await Process(context, Volatile.Read(ref services)!);
    }

    private Task Process(Exchange context, MatchTable<ServiceBinding> table)
    {
        var request = context.Http.Request;
        var binding = table.Find(request.Headers.Host, request.Path.Value);
        return binding is null ? Refusals.NoServiceAsync(context.Http) : middleware.HandleAsync(context, binding);
    }
}

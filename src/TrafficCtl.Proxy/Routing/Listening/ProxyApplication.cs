using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using TrafficCtl.Proxy.Routing.Forwarding;

namespace TrafficCtl.Proxy.Routing.Listening;

/// <summary>What a listener's server runs: finds the service, and lets the middleware do the rest.</summary>
internal sealed class ProxyApplication(CohortMiddleware middleware, Tunnels tunnels, TimeProvider clock, bool isTls) : IHttpApplication<Exchange>
{
    private MatchTable<ServiceBinding> services = new([]);

    /// <summary>Replaces the listener's services; requests under way keep what they found.</summary>
    public void Serve(MatchTable<ServiceBinding> table) => Volatile.Write(ref services, table);

    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        var owner = contextFeatures as IHostContextContainer<Exchange>;
        var exchange = owner?.HostContext ?? new Exchange(clock, tunnels);
        if (owner is not null) owner.HostContext = exchange;
        exchange.Begin(contextFeatures);
        return exchange;
    }

    public Task ProcessRequestAsync(Exchange context)
    {
        var request = context.Http.Request;
        var binding = Volatile.Read(ref services).Find(request.Headers.Host, request.Path.Value);
        return binding is null ? Refusals.NoServiceAsync(context.Http) : middleware.HandleAsync(context, binding, isTls);
    }

    public void DisposeContext(Exchange context, Exception? exception) => context.End();
}

using TrafficCtl.Proxy.Upstreams;
using Yarp.ReverseProxy.Forwarder;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>One client a version; it outlives a reload that changes nothing of how connections are opened.</summary>
internal sealed class UpstreamClientFactory(ClientTlsBook tls, UpstreamConnector connector) : IForwarderHttpClientFactory
{
    public HttpMessageInvoker CreateClient(ForwarderHttpClientContext context)
    {
        var settings = UpstreamSettings.Of(context.NewMetadata)
            ?? throw new InvalidOperationException($"{context.ClusterId} has no settings.");
        return context.OldClient is { } old && UpstreamSettings.Of(context.OldMetadata) == settings
            ? old
            : new UpstreamClient(settings, tls.Find(settings.Tls), connector);
    }
}

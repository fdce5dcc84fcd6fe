using System.Globalization;
using System.Text;
using Yarp.ReverseProxy.Forwarder;

namespace TrafficCtl.Proxy.Routing.Forwarding;

/// <summary>Connections to upstreams: YARP's, with the service's connect timeout.</summary>
internal sealed class UpstreamClientFactory : ForwarderHttpClientFactory
{
    protected override bool CanReuseOldClient(ForwarderHttpClientContext context) =>
        base.CanReuseOldClient(context) && TimeoutOf(context.OldMetadata) == TimeoutOf(context.NewMetadata);

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        // One char a byte: what comes in goes out, whatever the encoding of it is.
        handler.RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        handler.ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1;
        handler.PlaintextStreamFilter = static (opened, _) =>
            ValueTask.FromResult(opened.NegotiatedHttpVersion.Major == 1 ? new UpstreamStream(opened.PlaintextStream) : opened.PlaintextStream);
        handler.ConnectTimeout = TimeoutOf(context.NewMetadata);
        // An endpoint that moved to another address behind its name is found again.
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(10);
    }

    private static TimeSpan TimeoutOf(IReadOnlyDictionary<string, string>? metadata) =>
        metadata is not null && metadata.TryGetValue(ForwarderConfig.ConnectTimeout, out var text)
            ? TimeSpan.FromMilliseconds(double.Parse(text, CultureInfo.InvariantCulture))
            : TimeSpan.FromSeconds(2);
}

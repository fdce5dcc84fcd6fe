using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TrafficCtl.Proxy.Routing;

/// <summary>What no reverse proxy forwards, whatever the version behind it: refused before dispatch, so that it is no version's failure.</summary>
internal static class RequestRules
{
    private const string WebSocket = "websocket";

    /// <summary>The refusal's status and words; null for a request that can be forwarded.</summary>
    public static (int Status, string Text)? Refusal(HttpContext http)
    {
        var request = http.Request;
        var method = request.Method;
        // Almost all are GET or POST: one comparison of references each.
        if (HttpMethods.IsGet(method) || HttpMethods.IsPost(method)) return null;
        if (HttpMethods.IsTrace(method))
            return (StatusCodes.Status405MethodNotAllowed, "TRACE is not forwarded: it would show an upstream's view of private headers.");
        if (HttpMethods.IsConnect(method)) return OfConnect(http.Features.Get<IHttpExtendedConnectFeature>());
        if (http.Features.Get<IHttpRequestFeature>()!.RawTarget is "*")
            return (StatusCodes.Status400BadRequest, "The request target * names no resource of a service.");
        return null;
    }

    private static (int Status, string Text)? OfConnect(IHttpExtendedConnectFeature? connect) => connect switch
    {
        not { IsExtendedConnect: true } => (StatusCodes.Status405MethodNotAllowed, "CONNECT is for forward proxies; this is a reverse proxy."),
        { Protocol: var protocol } when !WebSocket.Equals(protocol, StringComparison.OrdinalIgnoreCase) =>
            (StatusCodes.Status501NotImplemented, "Of extended CONNECT only the protocol websocket is forwarded."),
        _ => null,
    };
}

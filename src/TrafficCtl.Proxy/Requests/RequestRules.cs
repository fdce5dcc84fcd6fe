using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TrafficCtl.Proxy.Requests;

/// <summary>What no reverse proxy forwards, whatever the version behind it: refused before dispatch, no version's failure.</summary>
internal static class RequestRules
{
    private const string WebSocket = "websocket", Chunked = "chunked";

    /// <summary>Where the server library puts the length of a request that has both a length and chunks.</summary>
    private const string OverriddenLength = "X-Content-Length";

    /// <summary>The refusal's status and words; null for a request that can be forwarded.</summary>
    public static (int Status, string Text)? Refusal(HttpContext http)
    {
        var request = http.Request;
        if (request.Headers.TransferEncoding.Count > 0 && OfTransferEncoding(request) is { } coding) return coding;
        var method = request.Method;
        // The server library gives known methods as these constants; "get" is another method than GET.
        if (ReferenceEquals(method, HttpMethods.Get) || ReferenceEquals(method, HttpMethods.Post)) return null;
        if (method.AsSpan().ContainsAnyInRange('a', 'z'))
            return (StatusCodes.Status400BadRequest, "Method names are in capitals.");
        if (HttpMethods.IsTrace(method))
            return (StatusCodes.Status405MethodNotAllowed, "TRACE is not forwarded: it would show an upstream's view of private headers.");
        if (HttpMethods.IsConnect(method)) return OfConnect(http.Features.Get<IHttpExtendedConnectFeature>());
        if (http.Features.Get<IHttpRequestFeature>()!.RawTarget is "*")
            return (StatusCodes.Status400BadRequest, "The request target * names no resource of a service.");
        return null;
    }

    /// <summary>Framing that two servers may read differently is not passed on (RFC 9112 6.1 and 11.2).</summary>
    private static (int Status, string Text)? OfTransferEncoding(HttpRequest request)
    {
        var codings = request.Headers.TransferEncoding;
        if (codings.Count > 1) return (StatusCodes.Status400BadRequest, "Transfer-Encoding is there more than once.");
        if (!Chunked.Equals(codings[0], StringComparison.OrdinalIgnoreCase))
            return (StatusCodes.Status501NotImplemented, "Of transfer codings only chunked is known.");
        if (HttpProtocol.IsHttp10(request.Protocol))
            return (StatusCodes.Status400BadRequest, "HTTP/1.0 has no Transfer-Encoding.");
        return request.Headers.ContainsKey(OverriddenLength)
            ? (StatusCodes.Status400BadRequest, "Content-Length and Transfer-Encoding exclude each other.")
            : null;
    }

    private static (int Status, string Text)? OfConnect(IHttpExtendedConnectFeature? connect) => connect switch
    {
        not { IsExtendedConnect: true } =>
            (StatusCodes.Status405MethodNotAllowed, "CONNECT is for forward proxies; this is a reverse proxy."),
        { Protocol: var protocol } when !WebSocket.Equals(protocol, StringComparison.OrdinalIgnoreCase) =>
            (StatusCodes.Status501NotImplemented, "Of extended CONNECT only the protocol websocket is forwarded."),
        _ => null,
    };
}

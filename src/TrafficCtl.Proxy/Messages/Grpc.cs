using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace TrafficCtl.Proxy.Messages;

/// <summary>What of gRPC shows on the wire: its content type, and its status in trailers or in a response of headers only.</summary>
internal static class Grpc
{
    private const string ContentType = "application/grpc", Status = "grpc-status";

    /// <summary>gRPC proper; gRPC-Web keeps its status inside the body.</summary>
    public static bool IsGrpc(string? contentType) =>
        contentType is not null && contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';' or ' ');

    /// <summary>A call over HTTP/2; gRPC over HTTP/1.1 is none, and goes up as it came.</summary>
    public static bool NeedsHttp2(HttpRequest request) => HttpProtocol.IsHttp2(request.Protocol) && IsGrpc(request.ContentType);

    /// <summary>The status of an answer that is complete; -1 when it carries none.</summary>
    public static int StatusOf(HttpResponse response)
    {
        if (Read(response.HttpContext.Features.Get<IHttpResponseTrailersFeature>()?.Trailers, out var inTrailers)) return inTrailers;
        return Read(response.Headers, out var inHeaders) ? inHeaders : -1;
    }

    /// <summary>The server's fault: unknown, deadline, exhausted, unimplemented, internal, unavailable, data loss.</summary>
    public static bool IsFailure(int status) => status is 2 or 4 or 8 or (>= 12 and <= 15);

    private static bool Read(IHeaderDictionary? headers, out int status)
    {
        status = -1;
        return headers is not null && headers.TryGetValue(Status, out var values) && values.Count > 0
            && int.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out status);
    }
}

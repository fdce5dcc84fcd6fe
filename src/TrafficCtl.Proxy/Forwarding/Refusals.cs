using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>Answers of the proxy's own: short, plain, and saying what to look at.</summary>
internal static class Refusals
{
    public static Task NoServiceAsync(HttpContext http) =>
        AnswerAsync(http, StatusCodes.Status404NotFound, "No service matches this host and path.");

    public static Task NoVersionAsync(HttpContext http, string service, string version) =>
        AnswerAsync(http, StatusCodes.Status503ServiceUnavailable, $"{service}: no endpoints are configured for version {version}.");

    public static Task TooLargeAsync(HttpContext http, long limit) =>
        AnswerAsync(http, StatusCodes.Status413PayloadTooLarge, $"The request body is larger than {limit} bytes.");

    public static Task NoHttp2Async(HttpContext http) => AnswerAsync(
        http, StatusCodes.Status501NotImplemented, "gRPC needs HTTP/2, which the version behind this service does not speak.");

    public static Task NotForwardedAsync(HttpContext http, int status, string text) => AnswerAsync(http, status, text);

    private static Task AnswerAsync(HttpContext http, int status, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(text + "\n");
    }
}

using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using TrafficCtl.Daemon.Access.Tls;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Daemon.Api;

/// <summary>Stands before every route: a page in a browser must not be able to steer the daemon through its user.</summary>
/// <remarks>
/// The Host must be loopback (a rebound DNS name is not) or, with TLS, a name of the certificate (a rebound name has none); an Origin must
/// be this very server, and a POST must be JSON, which a page of another site cannot send without a preflight that nobody answers here.
/// </remarks>
internal static class AdminGuard
{
    /// <summary>A handler behind the guard.</summary>
    /// <param name="handler">Behind it.</param>
    /// <param name="mediaType">What a POST must be.</param>
    public static RequestDelegate Wrap(
        Func<HttpContext, CancellationToken, Task<IResult>> handler, string mediaType = "application/json") => async context =>
    {
        var result = (IResult?)Check(context.Request, mediaType) ?? await handler(context, context.RequestAborted);
        await result.ExecuteAsync(context);
    };

    /// <summary>The refusal of a request by where it comes from, whatever its protocol; null when it may pass.</summary>
    public static Refusal? CheckSource(HttpRequest request)
    {
        var tls = request.HttpContext.Features.Get<AdminTls>();
        if (!AdminAddress.IsLoopback(request.Host.Host) && tls?.IsNamed(request.Host.Host) != true)
        {
            // As it was sent: as a part of an address it would be encoded, which some names cannot be.
            var host = Quoted.Short(request.Host.Value ?? "");
            var or = tls is null ? "127.0.0.1, [::1] or localhost" : "a name of the server's certificate";
            return Refusal.Forbidden($"the Host \"{host}\" is not this machine: ask by {or}");
        }

        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || origin.Equals($"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase)
            ? null
            : Refusal.Forbidden($"pages of {Quoted.Short(origin)} may not use this API");
    }

    /// <summary>The refusal; null when the request may pass.</summary>
    private static ProblemResult? Check(HttpRequest request, string mediaType)
    {
        if (CheckSource(request) is { } refusal) return ProblemResult.Of(refusal);
        return HttpMethods.IsPost(request.Method) && !IsOf(mediaType, request.ContentType)
            ? new ProblemResult(StatusCodes.Status415UnsupportedMediaType, "not JSON", $"send the body with content-type: {mediaType}")
            : null;
    }

    private static bool IsOf(string mediaType, string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type) && type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);
}

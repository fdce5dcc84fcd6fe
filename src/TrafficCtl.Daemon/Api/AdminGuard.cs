using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using TrafficCtl.Control.Ports;

namespace TrafficCtl.Daemon.Api;

/// <summary>Stands before every route: a page in a browser must not be able to steer the daemon through its user.</summary>
/// <remarks>
/// The Host must be loopback (a rebound DNS name is not), an Origin must be this very server, and a POST must be JSON,
/// which a page of another site cannot send without a preflight that nobody answers here.
/// </remarks>
internal static class AdminGuard
{
    /// <summary>A handler behind the guard; a store that is gone is answered with 503.</summary>
    public static RequestDelegate Wrap(Func<HttpContext, CancellationToken, Task<IResult>> handler) => async context =>
    {
        var result = (IResult?)Check(context.Request) ?? await AnswerAsync(handler, context);
        await result.ExecuteAsync(context);
    };

    /// <summary>The refusal; null when the request may pass.</summary>
    public static ProblemResult? Check(HttpRequest request)
    {
        if (!AdminAddress.IsLoopback(request.Host.Host))
            return ProblemResult.Forbidden($"the Host \"{request.Host}\" is not this machine: ask by 127.0.0.1, [::1] or localhost");
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase))
            return ProblemResult.Forbidden($"pages of {origin} may not use this API");
        if (HttpMethods.IsPost(request.Method) && !IsJson(request.ContentType))
            return new ProblemResult(
                StatusCodes.Status415UnsupportedMediaType, "not JSON", "send the body with content-type: application/json");
        return null;
    }

    private static async Task<IResult> AnswerAsync(Func<HttpContext, CancellationToken, Task<IResult>> handler, HttpContext context)
    {
        try
        {
            return await handler(context, context.RequestAborted);
        }
        catch (StoreUnavailableException e)
        {
            return new ProblemResult(StatusCodes.Status503ServiceUnavailable, "store unavailable", e.Message);
        }
    }

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase);
}

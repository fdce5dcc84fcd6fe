using System.Globalization;
using Microsoft.AspNetCore.Http;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>An answer that is not the asked one: <see cref="Problem"/> as <c>application/problem+json</c>.</summary>
internal sealed class ProblemResult(int status, string title, string detail, TimeSpan? retryAfter = null) : IResult
{
    public const string MediaType = "application/problem+json";

    public int Status => status;

    public static ProblemResult Of(Refusal refusal) =>
        new(StatusOf(refusal.Kind), refusal.Title, refusal.Detail, refusal.RetryAfter);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var body = Messages.Format(new Problem { Title = title, Detail = detail, Status = status });
        if (status == StatusCodes.Status401Unauthorized) httpContext.Response.Headers.WWWAuthenticate = "Bearer";
        if (retryAfter is { } after)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(after / TimeSpan.FromSeconds(1)));
            httpContext.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        await Messages.WriteAsync(httpContext.Response, status, MediaType, body, httpContext.RequestAborted);
    }

    private static int StatusOf(RefusalKind kind) => kind switch
    {
        RefusalKind.BadRequest => StatusCodes.Status400BadRequest,
        RefusalKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Stale => StatusCodes.Status412PreconditionFailed,
        RefusalKind.NotTheLeader or RefusalKind.KeyWasUsed or RefusalKind.AlreadyExists => StatusCodes.Status409Conflict,
        RefusalKind.TooLarge => StatusCodes.Status413PayloadTooLarge,
        RefusalKind.TooOften => StatusCodes.Status429TooManyRequests,
        RefusalKind.TooMany or RefusalKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

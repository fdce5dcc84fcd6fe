using Microsoft.AspNetCore.Http;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>An answer that is not the asked one: <see cref="Problem"/> as <c>application/problem+json</c>.</summary>
internal sealed class ProblemResult(int status, string title, string detail) : IResult
{
    public const string MediaType = "application/problem+json";

    public int Status => status;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var body = Messages.Format(new Problem { Title = title, Detail = detail, Status = status });
        await Messages.WriteAsync(httpContext.Response, status, MediaType, body, httpContext.RequestAborted);
    }

    public static ProblemResult BadRequest(string detail) => new(StatusCodes.Status400BadRequest, "bad request", detail);

    public static ProblemResult NotFound(string title, string detail) => new(StatusCodes.Status404NotFound, title, detail);

    /// <summary>That no service is known says nothing yet.</summary>
    public static ProblemResult NotKnownYet(string why) =>
        new(StatusCodes.Status503ServiceUnavailable, "the cluster is not known yet", why);

    public static ProblemResult Forbidden(string detail) => new(StatusCodes.Status403Forbidden, "refused", detail);
}

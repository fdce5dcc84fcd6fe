using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using TrafficCtl.Daemon.Telemetry;

namespace TrafficCtl.Daemon.Probes;

/// <summary>
/// What other machines may ask: whether the process lives, whether it is ready, and its metrics. Everybody may, so
/// nothing secret is in an answer.
/// </summary>
/// <remarks>The reasons of a bad answer name objects, people and versions: they go to the log, and the admin API has them.</remarks>
/// <param name="sick">Why a new process must take over; null when all is well.</param>
/// <param name="notReady">Why traffic should not be sent; null when it may.</param>
/// <param name="metrics">The metrics of which everybody may read the part for <see cref="MetricAudience.Everybody"/>.</param>
/// <param name="log">Where the reasons are logged.</param>
internal sealed partial class ProbeAnswers(Func<string?> sick, Func<string?> notReady, MetricsPage metrics, ILogger<ProbeAnswers> log)
    : IHttpApplication<HttpContext>
{
    private const string Text = "text/plain; charset=utf-8";

    private const string Elsewhere = "this port answers /healthz, /readyz and /metrics; the admin API listens on loopback\n";

    private const string NotReadyYet = "not ready; the log and /readyz of the admin API say why\n";

    private string? saidSick, saidNotReady;

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
        // Nothing is held for it.
    }

    public Task ProcessRequestAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "only GET and HEAD\n");
        }

        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
            return RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, "a request here has no body\n");
        return request.Path.Value switch
        {
            "/healthz" => HealthAsync(context),
            "/readyz" => ReadyAsync(context),
            "/metrics" => MetricsAsync(context),
            _ => AnswerAsync(context, StatusCodes.Status404NotFound, Elsewhere, Text),
        };
    }

    private Task HealthAsync(HttpContext context)
    {
        var why = sick();
        if (IsNews(ref saidSick, why) && why is not null) NotWell(log, why);
        return why is null
            ? AnswerAsync(context, StatusCodes.Status200OK, "ok\n", Text)
            : AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, "not well; the log says why\n", Text);
    }

    private Task ReadyAsync(HttpContext context)
    {
        var why = notReady();
        if (IsNews(ref saidNotReady, why) && why is not null) NotReady(log, why);
        return why is null
            ? AnswerAsync(context, StatusCodes.Status200OK, "ready\n", Text)
            : AnswerAsync(context, StatusCodes.Status503ServiceUnavailable, NotReadyYet, Text);
    }

    private async Task MetricsAsync(HttpContext context)
    {
        var format = MetricFormat.For(context.Request.Headers.Accept);
        var names = MetricFormat.Names(context.Request.Query);
        using var page = await metrics.WriteAsync(MetricAudience.Everybody, format, names, context.RequestAborted);
        context.Response.Headers.Vary = HeaderNames.Accept;
        SetHeaders(context.Response, StatusCodes.Status200OK, page.Length, MetricFormat.ContentType(format));
        if (!HttpMethods.IsHead(context.Request.Method)) await page.WriteAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>Its body, if it has one, is not read: the connection ends.</summary>
    private static Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.Headers.Connection = "close";
        return AnswerAsync(context, status, text, Text);
    }

    private static Task AnswerAsync(HttpContext context, int status, string text, string type)
    {
        var body = Encoding.UTF8.GetBytes(text);
        SetHeaders(context.Response, status, body.Length, type);
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static void SetHeaders(HttpResponse response, int status, long length, string type)
    {
        response.StatusCode = status;
        response.ContentType = type;
        response.ContentLength = length;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    /// <summary>A probe comes every few seconds: a reason is logged when it is another one than before.</summary>
    private static bool IsNews(ref string? said, string? why) =>
        !string.Equals(Interlocked.Exchange(ref said, why), why, StringComparison.Ordinal);

    [LoggerMessage(Level = LogLevel.Warning, Message = "/healthz answers 503: {Why}")]
    private static partial void NotWell(ILogger log, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "/readyz answers 503: {Why}")]
    private static partial void NotReady(ILogger log, string why);
}

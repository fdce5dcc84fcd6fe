using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>The page of this machine, in the format that the request accepts.</summary>
internal sealed class MetricsResult(MetricsPage page) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, stop) = (httpContext.Response, httpContext.RequestAborted);
        var format = MetricFormat.For(httpContext.Request.Headers.Accept);
        using var text = await page.WriteAsync(MetricAudience.ThisMachine, format, MetricFormat.Names(httpContext.Request.Query), stop);
        response.ContentType = MetricFormat.ContentType(format);
        response.ContentLength = text.Length;
        response.Headers.Vary = HeaderNames.Accept;
        await text.WriteAsync(response.Body, stop);
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Daemon.Telemetry;

namespace TrafficCtl.Daemon.Cluster;

/// <summary>What other machines may ask: whether it lives, whether it is ready, and its metrics. The admin API stays where it is.</summary>
internal static class ProbeSurface
{
    /// <summary>Answers all that comes to the probes' port, before any other route is looked at.</summary>
    public static void UseProbeSurface(this WebApplication app, Func<int> port, Func<string?> sick, Func<string?> notReady, MetricsPage metrics) => app.Use(async (context, next) =>
    {
        if (context.Connection.LocalPort != port())
        {
            await next(context);
            return;
        }

        var (status, text) = context.Request.Path.Value switch
        {
            _ when !HttpMethods.IsGet(context.Request.Method) => (StatusCodes.Status405MethodNotAllowed, "only GET\n"),
            "/healthz" => sick() is { } why ? (StatusCodes.Status503ServiceUnavailable, $"not well: {why}\n") : (StatusCodes.Status200OK, "ok\n"),
            "/readyz" => notReady() is { } because ? (StatusCodes.Status503ServiceUnavailable, $"not ready: {because}\n") : (StatusCodes.Status200OK, "ready\n"),
            "/metrics" => (StatusCodes.Status200OK, metrics.Write()),
            _ => (StatusCodes.Status404NotFound, "this port answers /healthz, /readyz and /metrics; the admin API listens on loopback, reach it by kubectl port-forward\n"),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = context.Request.Path == "/metrics" ? MetricText.ContentType : "text/plain; charset=utf-8";
        await context.Response.WriteAsync(text, context.RequestAborted);
    });
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace TrafficCtl.Daemon.Api;

/// <summary>The admin API: the contract's calls as HTTP/JSON.</summary>
public static class AdminApi
{
    /// <summary>Maps <c>/v1</c>, <c>/healthz</c> and <c>/readyz</c>. Needs <c>AddTrafficCtlApi</c> and Control's services.</summary>
    public static void MapTrafficCtlApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<AdminHandlers>();
        var watch = routes.ServiceProvider.GetRequiredService<WatchHandlers>();
        var readiness = routes.ServiceProvider.GetRequiredService<Readiness>();

        routes.MapGet("/healthz", static context => context.Response.WriteAsync("ok\n", context.RequestAborted));
        routes.MapGet("/readyz", context => AnswerReadyAsync(readiness, context));

        routes.MapGet("/v1/services", AdminGuard.Wrap(api.ListAsync));
        routes.MapGet("/v1/services/{service}", AdminGuard.Wrap(api.GetAsync));
        routes.MapGet("/v1/services/{service}/why", AdminGuard.Wrap(api.WhyAsync));
        routes.MapGet("/v1/services/{service}/history", AdminGuard.Wrap(api.HistoryAsync));
        routes.MapPost("/v1/services/{service}/wishes", AdminGuard.Wrap(api.MakeWishAsync));
        routes.MapGet("/v1/watch", AdminGuard.Wrap(watch.WatchAsync));
        routes.MapGet("/v1/services/{service}/watch", AdminGuard.Wrap(watch.WatchAsync));
        routes.Map("/v1/{**rest}", AdminGuard.Wrap(AnswerUnknown));
    }

    /// <summary>Adds what the routes need beside Control's services.</summary>
    public static IServiceCollection AddTrafficCtlApi(this IServiceCollection services)
    {
        services.AddSingleton(static _ => new Readiness());
        services.AddSingleton<Statuses>();
        services.AddSingleton<AdminHandlers>();
        services.AddSingleton<WatchHandlers>();
        return services;
    }

    private static Task AnswerReadyAsync(Readiness readiness, HttpContext context)
    {
        var because = readiness.NotReadyBecause;
        if (because is not null) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync(because is null ? "ready\n" : $"not ready: {because}\n", context.RequestAborted);
    }

    private static Task<IResult> AnswerUnknown(HttpContext context, CancellationToken stop) =>
        Task.FromResult<IResult>(ProblemResult.NotFound(
            "no such route",
            $"{context.Request.Method} {context.Request.Path} is not part of the API: "
            + "GET /v1/services[/{service}[/why|/history|/watch]], GET /v1/watch, POST /v1/services/{service}/wishes"));
}

using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Wishing;

namespace TrafficCtl.Daemon.Api;

/// <summary>The admin API: the contract's calls as HTTP/JSON.</summary>
public static class AdminApi
{
    /// <summary>The short forms are for services whose target is clear without the rest.</summary>
    private static readonly ImmutableArray<string> TargetPaths =
    [
        "/v1/services/{service}",
        "/v1/services/{service}/environments/{environment}",
        "/v1/services/{service}/environments/{environment}/targets/{target}",
    ];

    /// <summary>Maps <c>/v1</c>, <c>/healthz</c> and <c>/readyz</c>. Needs <c>AddTrafficCtlApi</c> and Control's services.</summary>
    public static void MapTrafficCtlApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<AdminHandlers>();
        var rollouts = routes.ServiceProvider.GetRequiredService<RolloutHandlers>();
        var watch = routes.ServiceProvider.GetRequiredService<WatchHandlers>();
        var standby = routes.ServiceProvider.GetService<Standby>();
        var readiness = routes.ServiceProvider.GetRequiredService<Readiness>();

        routes.MapGet("/healthz", static context => context.Response.WriteAsync("ok\n", context.RequestAborted));
        var views = routes.ServiceProvider.GetRequiredService<Views>();
        var notes = routes.ServiceProvider.GetService<ClusterNotes>();
        routes.MapGet("/readyz", context => AnswerReadyAsync(readiness, views, notes, context));

        routes.MapGet("/v1/services", AdminGuard.Wrap(Leading(api.ListAsync)));
        foreach (var target in TargetPaths)
        {
            routes.MapGet(target, AdminGuard.Wrap(Leading(api.GetAsync)));
            routes.MapGet(target + "/why", AdminGuard.Wrap(Leading(api.WhyAsync)));
            routes.MapGet(target + "/rollouts", AdminGuard.Wrap(Leading(rollouts.ListAsync)));
            routes.MapGet(target + "/history", AdminGuard.Wrap(Leading(api.HistoryAsync)));
            routes.MapPost(target + "/wishes", AdminGuard.Wrap(Leading(api.MakeWishAsync)));
            routes.MapGet(target + "/watch", AdminGuard.Wrap(Leading(watch.WatchAsync)));
        }

        routes.MapGet("/v1/watch", AdminGuard.Wrap(Leading(watch.WatchAsync)));
        routes.Map("/v1/{**rest}", AdminGuard.Wrap(AnswerUnknown));

        // A standby knows what is declared and not where it stands: no answer is better than one that looks like the truth.
        Func<HttpContext, CancellationToken, Task<IResult>> Leading(
            Func<HttpContext, CancellationToken, Task<IResult>> answer) => (context, stop) =>
            readiness.StillUnknown is null && standby?.Invoke() is { } elsewhere
                ? Task.FromResult<IResult>(new ProblemResult(StatusCodes.Status409Conflict, "not the leader", elsewhere))
                : answer(context, stop);
    }

    /// <summary>Adds what the routes need beside Control's services.</summary>
    public static IServiceCollection AddTrafficCtlApi(this IServiceCollection services)
    {
        services.AddRouting();
        services.AddSingleton(static _ => new Readiness());
        services.TryAddSingleton<MakeWish>(static s => s.GetRequiredService<Wishes>().MakeAsync);
        services.AddSingleton<TargetLookup>();
        services.AddSingleton<Statuses>();
        services.AddSingleton<AdminHandlers>();
        services.AddSingleton<RolloutHandlers>();
        services.AddSingleton<WatchHandlers>();
        return services;
    }

    /// <summary>
    /// A lost state is an alarm, and no reason to send the traffic elsewhere: it goes where it went before. Nor is a cluster that is away.
    /// </summary>
    private static Task AnswerReadyAsync(Readiness readiness, Views views, ClusterNotes? notes, HttpContext context)
    {
        var because = readiness.NotReadyBecause;
        if (because is not null) context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        var words = because is null ? "ready\n" : $"not ready: {because}\n";
        if (views.All.Any(static v => v.StateLost is not null)) words += "alarm: the state of a service was lost, see trafficctl status\n";
        foreach (var note in notes?.Invoke() ?? []) words += $"note: {note}\n";
        return context.Response.WriteAsync(words, context.RequestAborted);
    }

    private static Task<IResult> AnswerUnknown(HttpContext context, CancellationToken stop) =>
        Task.FromResult<IResult>(ProblemResult.NotFound(
            "no such route",
            $"{context.Request.Method} {context.Request.Path} is not part of the API: "
            + "GET /v1/services, GET TARGET[/why|/rollouts|/history|/watch], POST TARGET/wishes, GET /v1/watch, "
            + "where TARGET is /v1/services/{service}[/environments/{environment}[/targets/{target}]]"));
}

using System.Collections.Immutable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Control.Wishing;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.V1;

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

    private const string PublicationsPath = "/v1/services/{service}/publications";

    /// <summary>Maps <c>/v1</c>, <c>/healthz</c> and <c>/readyz</c>. Needs <c>AddTrafficCtlApi</c> and Control's services.</summary>
    public static void MapTrafficCtlApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.ServiceProvider.GetRequiredService<AdminHandlers>();
        var rollouts = routes.ServiceProvider.GetRequiredService<RolloutHandlers>();
        var watch = routes.ServiceProvider.GetRequiredService<WatchHandlers>();
        var publications = routes.ServiceProvider.GetRequiredService<PublicationHandlers>();
        var calls = new HttpCalls(routes, static () => [Rollouts.Descriptor, Journal.Descriptor]);
        var readiness = routes.ServiceProvider.GetRequiredService<Readiness>();

        routes.MapGet("/healthz", static context => context.Response.WriteAsync("ok\n", context.RequestAborted));
        var views = routes.ServiceProvider.GetRequiredService<Views>();
        var notes = routes.ServiceProvider.GetService<ClusterNotes>();
        routes.MapGet("/readyz", context => AnswerReadyAsync(readiness, views, notes, context));

        calls.Get("/v1/services", "ListServices", HttpRequests.ListServices, List);
        calls.Get("/v1/watch", "Watch", HttpRequests.Watch, Watch);
        calls.GetMessage(PublicationsPath, "ListPublications", HttpRequests.ListPublications, publications.ListAsync);
        calls.Post<PublishRequest, PublishResponse>(PublicationsPath, "Publish", HttpRequests.Publish, publications.PublishAsync);
        foreach (var target in TargetPaths)
        {
            calls.GetMessage(target, "GetService", HttpRequests.GetService, api.GetAsync);
            calls.GetMessage($"{target}/why", "Why", HttpRequests.Why, api.WhyAsync);
            calls.GetMessage($"{target}/history", "History", HttpRequests.History, api.HistoryAsync);
            calls.GetMessage($"{target}/rollouts", "ListRollouts", HttpRequests.ListRollouts, rollouts.ListAsync);
            calls.Get($"{target}/watch", "Watch", HttpRequests.Watch, Watch);
            calls.Post<MakeWishRequest, MakeWishResponse>($"{target}/wishes", "MakeWish", HttpRequests.MakeWish, api.MakeWishAsync);
        }

        routes.Map("/v1/{**rest}", AdminGuard.Wrap(AnswerUnknown));

        Task<Answer<IResult>> List(ListServicesRequest request, Caller caller, CancellationToken stop)
        {
            var (services, refusal) = api.List(request, caller, stop);
            return Task.FromResult(new Answer<IResult>(services is null ? null : new ServiceListResult(services), refusal));
        }

        Task<Answer<IResult>> Watch(WatchRequest request, Caller caller, CancellationToken stop)
        {
            var (watching, refusal) = watch.Open(request, caller);
            return Task.FromResult(new Answer<IResult>(watching is null ? null : new WatchResult(watching), refusal));
        }
    }

    /// <summary>Adds what the routes need beside Control's services.</summary>
    public static IServiceCollection AddTrafficCtlApi(this IServiceCollection services)
    {
        services.AddRouting();
        services.AddSingleton(static _ => new Readiness());
        services.TryAddSingleton<MakeWish>(static s => s.GetRequiredService<Wishes>().MakeAsync);
        services.AddSingleton<TargetLookup>();
        services.AddSingleton<Statuses>();
        services.AddSingleton<Callers>();
        services.AddSingleton<CallGate>();
        services.AddSingleton<AdminHandlers>();
        services.AddSingleton<RolloutHandlers>();
        services.TryAddSingleton(new AdminLimits());
        services.AddSingleton<LimitCounts>();
        services.TryAddSingleton(static s => new WatchCounts(s.GetRequiredService<AdminLimits>()));
        services.AddSingleton<CallLimits>();
        services.AddHostedService<SlowClients>();
        services.AddSingleton<PublicationHandlers>();
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
        // Reasons have names in them.
        if (OtherMachines.Ask(context))
            return context.Response.WriteAsync(because is null ? "ready\n" : "not ready\n", context.RequestAborted);
        var words = because is null ? "ready\n" : $"not ready: {because}\n";
        if (views.All.Any(static v => v.StateLost is not null)) words += "alarm: the state of a service was lost, see trafficctl status\n";
        foreach (var note in notes?.Invoke() ?? []) words += $"note: {note}\n";
        return context.Response.WriteAsync(words, context.RequestAborted);
    }

    private static Task<IResult> AnswerUnknown(HttpContext context, CancellationToken stop) => Task.FromResult<IResult>(new ProblemResult(
        StatusCodes.Status404NotFound,
        "no such route",
        $"{context.Request.Method} {context.Request.Path} is not part of the API: "
        + "GET /v1/services, GET TARGET[/why|/rollouts|/history|/watch], POST TARGET/wishes, GET /v1/watch, POST /v1/judge, "
        + "GET and POST /v1/services/{service}/publications, GET /v1/pipelines[/{service}[/when]], "
        + "POST /v1/pipelines/{service}/orders, POST /v1/orders, "
        + "where TARGET is /v1/services/{service}[/environments/{environment}[/targets/{target}]]"));
}

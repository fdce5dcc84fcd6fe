using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Control.Promoting;
using TrafficCtl.Daemon.Access;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>What is known of pipelines, and what people order of them, as HTTP/JSON.</summary>
public static class PromotionApi
{
    private const string PipelinePath = "/v1/pipelines/{service}";

    /// <summary>Adds what <see cref="MapTrafficCtlPromotions"/> needs beside <c>AddTrafficCtlApi</c>.</summary>
    public static IServiceCollection AddTrafficCtlPromotions(this IServiceCollection services)
    {
        // A process without pipelines has neither.
        services.AddSingleton(static s => new PipelineLookup(s.GetService<PromotionViews>() ?? new PromotionViews()));
        services.AddSingleton<PipelineHandlers>();
        services.AddSingleton(static s => new OrderHandlers(
            s.GetRequiredService<PipelineLookup>(), s.GetRequiredService<CallLimits>(), s.GetRequiredService<Audit>(),
            s.GetRequiredService<TimeProvider>(), s.GetService<IPromotionOrders>()));
        return services;
    }

    /// <summary>Maps <c>/v1/pipelines</c> and <c>/v1/orders</c>.</summary>
    public static void MapTrafficCtlPromotions(this IEndpointRouteBuilder routes)
    {
        var pipelines = routes.ServiceProvider.GetRequiredService<PipelineHandlers>();
        var orders = routes.ServiceProvider.GetRequiredService<OrderHandlers>();
        var calls = new HttpCalls(routes, static () => [V1.Promotions.Descriptor]);
        calls.GetMessage("/v1/pipelines", "ListPipelines", PromotionRequests.ListPipelines, pipelines.ListAsync);
        calls.GetMessage(PipelinePath, "GetPipeline", PromotionRequests.GetPipeline, pipelines.GetAsync);
        calls.GetMessage($"{PipelinePath}/when", "When", PromotionRequests.When, pipelines.WhenAsync);
        foreach (var path in (string[])[$"{PipelinePath}/orders", "/v1/orders"])
            calls.Post<MakeOrderRequest, MakeOrderResponse>(path, "MakeOrder", PromotionRequests.MakeOrder, orders.MakeAsync);
    }
}

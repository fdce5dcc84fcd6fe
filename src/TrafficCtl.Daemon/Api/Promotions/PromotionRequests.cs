using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>Requests about pipelines as paths and queries write them.</summary>
internal static class PromotionRequests
{
    public static Answer<ListPipelinesRequest> ListPipelines(HttpContext context)
    {
        var query = context.Request.Query;
        return QueryNumber.TryRead(query, "limit", 0, 1, int.MaxValue, out var limit)
            ? new ListPipelinesRequest { Limit = (int)limit, After = query["after"].ToString() }
            : BadLimit;
    }

    public static Answer<GetPipelineRequest> GetPipeline(HttpContext context) => new GetPipelineRequest { Service = ServiceOf(context) };

    public static Answer<WhenRequest> When(HttpContext context) =>
        new WhenRequest { Service = ServiceOf(context), Version = context.Request.Query["version"].ToString() };

    /// <summary>What the path names stands; a body that names something else was meant for another address.</summary>
    public static Answer<MakeOrderRequest> MakeOrder(HttpContext context, MakeOrderRequest body)
    {
        var inPath = ServiceOf(context);
        if (body.Service.Length > 0 && inPath.Length > 0 && inPath != body.Service)
            return Refusal.BadRequest(
                $"the body names the service \"{Quoted.Short(body.Service)}\", the address names \"{inPath}\"", "service");
        var request = body.Clone();
        if (inPath.Length > 0) request.Service = inPath;
        return request;
    }

    internal static Refusal BadLimit => Refusal.BadRequest($"limit is a whole number from 1 to {int.MaxValue}", "limit");

    private static string ServiceOf(HttpContext context) =>
        context.GetRouteValue("service") is string value ? Uri.UnescapeDataString(value) : "";
}

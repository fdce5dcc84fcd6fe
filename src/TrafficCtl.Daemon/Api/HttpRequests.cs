using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>The contract's requests as paths and queries write them.</summary>
internal static class HttpRequests
{
    public static Answer<ListServicesRequest> ListServices(HttpContext context) =>
        !TryLimit(context, int.MaxValue, out var limit, out var refusal) ? refusal
        : new ListServicesRequest { Limit = limit, After = Query(context, "after") };

    public static Answer<GetServiceRequest> GetService(HttpContext context) =>
        new GetServiceRequest
        {
            Service = Path(context, "service"),
            Environment = Path(context, "environment"),
            Target = Path(context, "target"),
        };

    public static Answer<WatchRequest> Watch(HttpContext context) =>
        new WatchRequest
        {
            Service = Path(context, "service"),
            Environment = Path(context, "environment"),
            Target = Path(context, "target"),
        };

    public static Answer<WhyRequest> Why(HttpContext context) => new WhyRequest
    {
        Service = Path(context, "service"),
        Environment = Path(context, "environment"),
        Target = Path(context, "target"),
        Rollout = Query(context, "rollout"),
    };

    public static Answer<HistoryRequest> History(HttpContext context)
    {
        if (!TryLimit(context, AdminHandlers.LongestHistory, out var limit, out var refusal)) return refusal;
        if (!QueryNumber.TryRead(context.Request.Query, "before", 0, 0, long.MaxValue, out var before))
            return Refusal.BadRequest("before is the seq of a fact", "before");
        return new HistoryRequest
        {
            Service = Path(context, "service"),
            Environment = Path(context, "environment"),
            Target = Path(context, "target"),
            Rollout = Query(context, "rollout"),
            Limit = limit,
            Before = before,
        };
    }

    public static Answer<ListRolloutsRequest> ListRollouts(HttpContext context)
    {
        if (!TryLimit(context, RolloutHandlers.LongestLimit, out var limit, out var refusal)) return refusal;
        if (!QueryNumber.TryRead(context.Request.Query, "before", 0, 1, int.MaxValue, out var before))
            return Refusal.BadRequest("before is the number of a rollout, the last part of its id", "before");
        return new ListRolloutsRequest
        {
            Service = Path(context, "service"),
            Environment = Path(context, "environment"),
            Target = Path(context, "target"),
            Limit = limit,
            Before = before,
        };
    }

    /// <summary>What the path names stands; a body that names something else was meant for another address.</summary>
    public static Answer<MakeWishRequest> MakeWish(HttpContext context, MakeWishRequest body)
    {
        foreach (var (what, inBody) in (ReadOnlySpan<(string, string)>)
            [("service", body.Service), ("environment", body.Environment), ("target", body.Target)])
        {
            var inPath = Path(context, what);
            if (inPath.Length > 0 && inBody.Length > 0 && inPath != inBody)
                return Refusal.BadRequest($"the body names the {what} \"{Quoted.Short(inBody)}\", the address names \"{inPath}\"", what);
        }

        var request = body.Clone();
        request.Service = Path(context, "service");
        if (Path(context, "environment") is { Length: > 0 } environment) request.Environment = environment;
        if (Path(context, "target") is { Length: > 0 } target) request.Target = target;
        return request;
    }

    public static Answer<ListPublicationsRequest> ListPublications(HttpContext context) =>
        new ListPublicationsRequest { Service = Path(context, "service") };

    /// <summary>As <see cref="MakeWish"/>.</summary>
    public static Answer<PublishRequest> Publish(HttpContext context, PublishRequest body)
    {
        var inPath = Path(context, "service");
        if (body.Service.Length > 0 && inPath != body.Service)
            return Refusal.BadRequest(
                $"the body names the service \"{Quoted.Short(body.Service)}\", the address names \"{inPath}\"", "service");
        var request = body.Clone();
        request.Service = inPath;
        return request;
    }

    /// <summary>0 is what the contract has for a missing number, and a query that says 0 is wrong.</summary>
    private static bool TryLimit(HttpContext context, int most, out int limit, out Refusal refusal)
    {
        var isRead = QueryNumber.TryRead(context.Request.Query, "limit", 0, 1, most, out var read);
        limit = isRead ? (int)read : 0;
        refusal = isRead ? null! : Refusal.BadRequest($"limit is a whole number from 1 to {most}", "limit");
        return isRead;
    }

    private static string Query(HttpContext context, string name) => context.Request.Query[name].ToString();

    private static string Path(HttpContext context, string name) =>
        context.GetRouteValue(name) is string value ? Uri.UnescapeDataString(value) : "";
}

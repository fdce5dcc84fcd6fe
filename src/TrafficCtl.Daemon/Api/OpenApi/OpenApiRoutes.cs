using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace TrafficCtl.Daemon.Api.OpenApi;

public static class OpenApiRoutes
{
    /// <summary>Maps <c>GET /openapi.json</c>: the HTTP API. It says nothing of services, so it asks for no token.</summary>
    public static void MapOpenApi(this IEndpointRouteBuilder routes)
    {
        var document = new Lazy<string>(() => OpenApiDocument.Of(
            routes.DataSources.SelectMany(static source => source.Endpoints).OfType<RouteEndpoint>(),
            typeof(OpenApiRoutes).Assembly.GetName().Version?.ToString(3) ?? "0").ToJsonString(JsonSerializerOptions.Web));
        routes.MapGet("/openapi.json", AdminGuard.Wrap((_, _) => Task.FromResult<IResult>(new DocumentResult(document.Value))));
    }

    private sealed class DocumentResult(string document) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) =>
            Messages.WriteAsync(httpContext.Response, StatusCodes.Status200OK, "application/json", document, httpContext.RequestAborted);
    }
}

using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TrafficCtl.Daemon.Api.Windows;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.OpenApi;

/// <summary>The HTTP API as an OpenAPI 3.1 document, made of the routes that are mapped and of the contract's messages.</summary>
internal static class OpenApiDocument
{
    private const string Json = "application/json";

    /// <param name="endpoints">All that is mapped; those that answer no call of the contract are left out.</param>
    /// <param name="version">The version of the product.</param>
    public static JsonObject Of(IEnumerable<RouteEndpoint> endpoints, string version)
    {
        var (paths, schemas) = (new JsonObject(), new Schemas());
        foreach (var endpoint in endpoints)
        {
            if (endpoint.Metadata.GetMetadata<HttpRoute>()?.Rpc is not { } rpc) continue;
            var path = endpoint.RoutePattern.RawText!;
            if (paths[path] is not JsonObject verbs) paths[path] = verbs = new JsonObject();
            foreach (var verb in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                string[] inPath = [.. endpoint.RoutePattern.Parameters.Select(static p => p.Name)];
                verbs[verb.ToLowerInvariant()] = Operation(rpc, verb, inPath, schemas);
            }
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "trafficctl admin API",
                ["version"] = version,
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["security"] = new JsonArray(new JsonObject(), new JsonObject { ["token"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas.All,
                ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
        };
    }

    private static JsonObject Operation(MethodDescriptor rpc, string verb, string[] inPath, Schemas schemas)
    {
        var operation = new JsonObject { ["operationId"] = Id(rpc, inPath), ["tags"] = new JsonArray(rpc.Service.Name) };
        var parameters = new JsonArray();
        foreach (var name in inPath) parameters.Add(Parameter(name, "path", new JsonObject { ["type"] = "string" }));
        if (HttpMethods.IsGet(verb))
        {
            foreach (var field in rpc.InputType.Fields.InDeclarationOrder())
                if (field.Name is not ("service" or "environment" or "target"))
                    parameters.Add(Parameter(field.JsonName, "query", Schemas.OfNumberOrText(field)));
        }
        else if (rpc.IsClientStreaming)
        {
            // A message that stands alone is the query's, and one of which there are many is a line of the body.
            foreach (var field in rpc.InputType.Fields.InDeclarationOrder().Where(static f => !f.IsRepeated))
                foreach (var option in field.MessageType.Fields.InDeclarationOrder())
                    parameters.Add(Parameter(option.JsonName, "query", Schemas.OfNumberOrText(option)));
            var line = rpc.InputType.Fields.InDeclarationOrder().Single(static f => f.IsRepeated).MessageType;
            operation["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = Content(WindowRequests.MediaType, schemas.OfRequest(line)),
            };
        }
        else
        {
            operation["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = Content(Json, schemas.OfRequest(rpc.InputType)),
            };
        }

        if (parameters.Count > 0) operation["parameters"] = parameters;
        operation["responses"] = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = rpc.IsClientStreaming ? "A line for each trace"
                    : rpc.IsServerStreaming ? "An event named status for each change, and each second" : "The answer",
                ["content"] = Content(MediaTypeOf(rpc), schemas.Of(rpc.OutputType)),
            },
            ["default"] = new JsonObject
            {
                ["description"] = "Why there is no answer",
                ["content"] = Content(ProblemResult.MediaType, schemas.Of(Problem.Descriptor)),
            },
        };
        return operation;
    }

    private static string MediaTypeOf(MethodDescriptor rpc) =>
        rpc.IsClientStreaming ? WindowRequests.MediaType : rpc.IsServerStreaming ? "text/event-stream" : Json;

    /// <summary>The longer forms of a route are operations of their own.</summary>
    private static string Id(MethodDescriptor rpc, string[] inPath) => inPath.Length switch
    {
        0 when rpc.IsClientStreaming => rpc.Name,
        0 => $"{rpc.Name}OfAll",
        1 => rpc.Name,
        2 => $"{rpc.Name}InEnvironment",
        _ => $"{rpc.Name}OfTarget",
    };

    private static JsonObject Parameter(string name, string where, JsonObject schema) =>
        new() { ["name"] = name, ["in"] = where, ["required"] = where == "path", ["schema"] = schema };

    private static JsonObject Content(string mediaType, JsonObject schema) =>
        new() { [mediaType] = new JsonObject { ["schema"] = schema } };
}

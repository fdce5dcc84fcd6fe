using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using TrafficCtl.Daemon.Api;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api.OpenApi;

public sealed class OpenApiTests
{
    [Fact]
    public async Task Describes_every_route_of_the_contract_and_no_other()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var document = await DocumentAsync(host);
        var mapped =
            from endpoint in host.Endpoints
            where endpoint.Metadata.GetMetadata<HttpRoute>() is not null
            from verb in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
            select $"{verb.ToLowerInvariant()} {endpoint.RoutePattern.RawText}";
        var described =
            from path in document["paths"]!.AsObject()
            from verb in path.Value!.AsObject()
            select $"{verb.Key} {path.Key}";
        Assert.Equal(mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Refers_to_what_it_holds_and_names_each_operation_once()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var document = await DocumentAsync(host);
        var schemas = document["components"]!["schemas"]!.AsObject();
        var nodes = Nodes(document).ToList();
        var references = nodes.OfType<JsonObject>().Select(static o => (string?)o["$ref"]).OfType<string>().Distinct().ToList();
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.True(schemas.ContainsKey(reference["#/components/schemas/".Length..]), reference));
        var ids = nodes.OfType<JsonObject>().Select(static o => (string?)o["operationId"]).OfType<string>().ToList();
        Assert.Equal(ids.Distinct(), ids);
    }

    [Theory]
    [InlineData("/v1/services/checkout", "ServiceStatus")]
    [InlineData("/v1/services/checkout/why", "WhyResponse")]
    [InlineData("/v1/services/checkout/history", "HistoryResponse")]
    [InlineData("/v1/services/checkout/rollouts", "ListRolloutsResponse")]
    [InlineData("/v1/services", "ListServicesResponse")]
    public async Task Describes_what_is_really_answered(string path, string schema)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var schemas = (await DocumentAsync(host))["components"]!["schemas"]!.AsObject();
        var answer = JsonNode.Parse(await host.Http.GetStringAsync(path))!;
        Assert.Empty(Differences(answer, schemas[schema]!.AsObject(), schemas, "$"));
    }

    private static async Task<JsonObject> DocumentAsync(ApiHost host)
    {
        using var response = await host.Http.GetAsync("/openapi.json");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();
    }

    private static IEnumerable<JsonNode> Nodes(JsonNode? node) => node switch
    {
        JsonObject o => o.Select(static p => p.Value).SelectMany(Nodes).Prepend(o),
        JsonArray a => a.SelectMany(Nodes),
        _ => [],
    };

    /// <summary>What the document does not allow of an answer.</summary>
    internal static IEnumerable<string> Differences(JsonNode? value, JsonObject schema, JsonObject schemas, string path)
    {
        if ((string?)schema["$ref"] is { } reference) schema = schemas[reference["#/components/schemas/".Length..]]!.AsObject();
        if (schema["oneOf"] is JsonArray either)
            return value is null ? [] : Differences(value, either[0]!.AsObject(), schemas, path);
        if (!IsOf(value, schema["type"]!)) return [$"{path}: is {value?.ToJsonString() ?? "null"}, not {schema["type"]!.ToJsonString()}"];
        return value switch
        {
            JsonArray list => list.SelectMany((item, i) => Differences(item, schema["items"]!.AsObject(), schemas, $"{path}[{i}]")),
            JsonObject o when schema["properties"] is JsonObject properties => o.SelectMany(p => properties[p.Key] is JsonObject of
                ? Differences(p.Value, of, schemas, $"{path}.{p.Key}")
                : [$"{path}.{p.Key}: is not described"]).Concat(schema["required"]!.AsArray()
                    .Where(key => !o.ContainsKey((string)key!)).Select(key => $"{path}.{key}: is missing")),
            _ => [],
        };
    }

    private static bool IsOf(JsonNode? value, JsonNode type) => type is JsonArray several
        ? several.Any(t => IsOf(value, t!))
        : (string?)type switch
        {
            "object" => value is JsonObject,
            "array" => value is JsonArray,
            "string" => value?.GetValueKind() == JsonValueKind.String,
            "boolean" => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            _ => value?.GetValueKind() == JsonValueKind.Number,
        };
}

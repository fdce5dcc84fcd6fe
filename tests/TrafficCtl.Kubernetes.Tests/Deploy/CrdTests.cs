using System.Text.Json.Nodes;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Deploy;

/// <summary>What an API server demands of a CRD, and what we demand of ours.</summary>
public sealed class CrdTests
{
    private static readonly string[] Known =
    [
        "type", "description", "properties", "required", "items", "enum", "format", "pattern", "minLength", "maxLength", "minimum",
        "maximum",
        "minItems", "maxItems", "maxProperties", "additionalProperties", "x-kubernetes-validations", "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-preserve-unknown-fields",
    ];

    public static TheoryData<string, string, string> Crds => new()
    {
        { "crds/trafficctl.io_deliveries.yaml", "Delivery", "tcd" }, { "crds/trafficctl.io_rollouts.yaml", "Rollout", "tcr" },
    };

    [Theory]
    [MemberData(nameof(Crds))]
    public void The_definition_is_served_with_a_status_short_names_and_our_category(string file, string kind, string shortName)
    {
        var crd = Assert.Single(DeployFiles.Objects(file));
        var (spec, names) = (crd["spec"]!, crd["spec"]!["names"]!);
        Assert.Equal(("apiextensions.k8s.io/v1", "Namespaced", "trafficctl.io"), (
            Text(crd["apiVersion"]), Text(spec["scope"]), Text(spec["group"])));
        Assert.Equal($"{Text(names["plural"])}.trafficctl.io", Text(crd["metadata"]!["name"]));
        Assert.Equal((kind, shortName, "trafficctl"), (Text(names["kind"]), Text(names["shortNames"]![0]), Text(names["categories"]![0])));
        var version = Assert.Single(spec["versions"]!.AsArray())!;
        Assert.Equal("v1alpha1", Text(version["name"]));
        Assert.NotNull(version["subresources"]!["status"]);
    }

    [Theory]
    [MemberData(nameof(Crds))]
    public void The_schema_is_structural_and_bounded_everywhere(string file, string kind, string shortName)
    {
        Assert.NotEqual(kind, shortName);
        var problems = new List<string>();
        Walk(Schema(file), "", problems);
        Assert.Empty(problems);
    }

    [Theory]
    [MemberData(nameof(Crds))]
    public void Conditions_are_a_map_by_their_type(string file, string kind, string shortName)
    {
        Assert.NotEqual(kind, shortName);
        var conditions = Schema(file)["properties"]!["status"]!["properties"]!["conditions"]!;
        Assert.Equal("map", Text(conditions["x-kubernetes-list-type"]));
        Assert.Equal("type", Text(Assert.Single(conditions["x-kubernetes-list-map-keys"]!.AsArray())));
    }

    [Theory]
    [InlineData("crds/trafficctl.io_deliveries.yaml", "Stable, Phase, Weight, Candidate, Ready, Verdict, (Message), Age")]
    [InlineData("crds/trafficctl.io_rollouts.yaml", "Service, Candidate, Phase, Step, Weight, Verdict, (Message), Age")]
    public void The_columns_tell_the_story_and_point_at_what_exists(string file, string columns)
    {
        var version = DeployFiles.Objects(file).Single()["spec"]!["versions"]![0]!;
        var listed = version["additionalPrinterColumns"]!.AsArray();
        Assert.Equal(columns, string.Join(", ", listed.Select(c => c!["priority"] is null ? Text(c["name"]) : $"({Text(c["name"])})")));
        var paths = listed.Select(c => Text(c!["jsonPath"]));
        foreach (var path in paths.Where(p => !p.StartsWith(".metadata", StringComparison.Ordinal)
            && !p.Contains('[', StringComparison.Ordinal)))
        {
            var at = Schema(file);
            foreach (var part in path[1..].Split('.')) at = Assert.IsType<JsonObject>(at["properties"]![part]);
        }
    }

    [Fact]
    public void Rules_bind_what_may_not_change_and_what_excludes_itself()
    {
        var delivery = Rules("crds/trafficctl.io_deliveries.yaml");
        Assert.Contains("self.service == oldSelf.service", delivery);
        Assert.Equal(3, delivery.Length);
        Assert.Equal(
            "self.metadata.name == self.spec.service",
            Text(Schema("crds/trafficctl.io_deliveries.yaml")["x-kubernetes-validations"]![0]!["rule"]));
        Assert.Contains(
            "self.candidate == oldSelf.candidate", Assert.Single(Rules("crds/trafficctl.io_rollouts.yaml")), StringComparison.Ordinal);
    }

    private static string[] Rules(string file) =>
        [.. Schema(file)["properties"]!["spec"]!["x-kubernetes-validations"]!.AsArray().Select(r => Text(r!["rule"]))];

    private static JsonObject Schema(string file) =>
        DeployFiles.Objects(file).Single()["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject();

    private static void Walk(JsonObject schema, string at, List<string> problems)
    {
        // The server says itself what metadata is, and refuses to be told.
        if (at != ".metadata" && schema["description"] is null)
            problems.Add($"{at}: without a description, so kubectl explain has nothing to say");
        foreach (var (key, _) in schema)
            if (!Known.Contains(key)) problems.Add($"{at}: {key} is not expected");
        switch (schema["type"]?.GetValue<string>())
        {
            case "object":
                if (at.Length > 0 && at != ".metadata" && !schema.ContainsKey("properties") && !schema.ContainsKey("maxProperties"))
                    problems.Add($"{at}: an object without properties or bound");
                foreach (var required in schema["required"]?.AsArray() ?? [])
                    if (schema["properties"]?[Text(required)] is null) problems.Add($"{at}: {required} is required and not described");
                foreach (var (name, inner) in schema["properties"]?.AsObject() ?? []) Walk(inner!.AsObject(), $"{at}.{name}", problems);
                if (schema["additionalProperties"] is JsonObject values) Walk(values, $"{at}.*", problems);
                break;
            case "array":
                if (!schema.ContainsKey("maxItems")) problems.Add($"{at}: a list without maxItems");
                if (schema["items"] is JsonObject items) Walk(items, $"{at}[]", problems);
                else problems.Add($"{at}: a list of what?");
                break;
            case "string":
                if (!schema.ContainsKey("maxLength") && !schema.ContainsKey("enum")) problems.Add($"{at}: a string without maxLength");
                break;
            case "integer":
                if (!schema.ContainsKey("minimum")) problems.Add($"{at}: a number without minimum");
                break;
            case "boolean":
                break;
            // A text or a list: the bounds of either hold for what is of its kind.
            case null when schema["x-kubernetes-preserve-unknown-fields"] is not null
                && schema.ContainsKey("maxLength")
                && schema.ContainsKey("maxItems"):
                break;
            case var other:
                problems.Add($"{at}: type {other ?? "is missing"}");
                break;
        }
    }

    private static string Text(JsonNode? node) => node!.GetValue<string>();
}

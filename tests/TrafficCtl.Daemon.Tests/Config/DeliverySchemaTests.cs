using System.Text.Json.Nodes;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Schema;
using Xunit;
using YamlDotNet.RepresentationModel;

namespace TrafficCtl.Daemon.Tests.Config;

public sealed class DeliverySchemaTests
{
    private static readonly JsonObject Schema = JsonNode.Parse(DeliverySchema.ToJsonSchema())!.AsObject();

    public static TheoryData<string> ValidNames => GoldenTests.ValidNames;

    [Theory, MemberData(nameof(ValidNames))]
    public void The_schema_accepts_every_valid_file(string name)
    {
        foreach (var document in Documents(Path.Combine(Goldens.Root, "valid", name)))
            Assert.Empty(Subset.Check(Schema, document));
    }

    [Theory]
    [InlineData("unknown-keys.yaml", "$.verions: additionalProperties")]
    [InlineData("types.yaml", "$.health: type \"object\"")]
    [InlineData("rollout.yaml", "$.cohorts.neither: oneOf")]
    [InlineData("units.yaml", "$.limits.body: pattern")]
    public void The_schema_refuses_what_the_parser_refuses(string name, string complaint)
    {
        var complaints = Documents(Path.Combine(Goldens.Root, "invalid", name)).SelectMany(d => Subset.Check(Schema, d));
        Assert.Contains(complaints, c => c.StartsWith(complaint, StringComparison.Ordinal));
    }

    [Fact]
    public void The_schema_names_every_key_with_what_it_is_for()
    {
        AssertNamed(PipelineSchema.Root, Schema["then"]!.AsObject());
        AssertNamed(DeliverySchema.Root, Schema["else"]!.AsObject());

        static void AssertNamed(SectionShape section, JsonObject json)
        {
            foreach (var key in section.Keys)
            {
                var property = json["properties"]![key.Name]!.AsObject();
                Assert.Equal(key.Doc, property["description"]!.GetValue<string>());
                var (inner, at) = Inside(key.Shape, property);
                if (inner is not null) AssertNamed(inner, at);
            }
        }

        static (SectionShape? Section, JsonObject Json) Inside(Shape shape, JsonObject json) => shape switch
        {
            SectionShape section => (section, json),
            ListShape list => Inside(list.Item, json["items"]!.AsObject()),
            MapShape map => Inside(map.Item, json["additionalProperties"]!.AsObject()),
            _ => (null, json),
        };
    }

    [Fact]
    public void No_key_is_both_known_and_announced_for_later()
    {
        foreach (var shape in (SectionShape[])[DeliverySchema.Root, PipelineSchema.Root, EnvironmentSchema.Root])
        {
            Assert.Empty(shape.Keys.Select(k => k.Name).Intersect(shape.NotYet));
            Assert.Empty(shape.Keys.Select(k => k.Name).Intersect(shape.Elsewhere.Keys));
        }
    }

    private static IEnumerable<JsonNode?> Documents(string file)
    {
        var yaml = new YamlStream();
        using var text = File.OpenText(file);
        yaml.Load(text);
        return yaml.Documents.Where(d => d.RootNode is YamlMappingNode).Select(d => Subset.FromYaml(d.RootNode));
    }
}

using System.Text.Json.Nodes;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Fakes;

/// <summary>RFC 6902 appendix A and what it leaves to be got wrong; RFC 7386 appendix A.</summary>
public sealed class JsonPatchTests
{
    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"baz":"qux","foo":"bar"}""")]
    [InlineData("""{"foo":["bar","baz"]}""", """[{"op":"add","path":"/foo/1","value":"qux"}]""", """{"foo":["bar","qux","baz"]}""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/-","value":["abc","def"]}]""", """{"foo":["bar",["abc","def"]]}""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/1","value":1}]""", """{"foo":["bar",1]}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/a","value":2}]""", """{"a":2}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"","value":{"b":2}}]""", """{"b":2}""")]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"remove","path":"/baz"}]""", """{"foo":"bar"}""")]
    [InlineData("""{"foo":["bar","qux","baz"]}""", """[{"op":"remove","path":"/foo/1"}]""", """{"foo":["bar","baz"]}""")]
    [InlineData("""{"baz":"qux"}""", """[{"op":"replace","path":"/baz","value":null}]""", """{"baz":null}""")]
    [InlineData("""{"foo":[1,2]}""", """[{"op":"replace","path":"/foo/0","value":3}]""", """{"foo":[3,2]}""")]
    [InlineData(
        """{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}""", """[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]""",
        """{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}""")]
    [InlineData(
        """{"foo":["all","grass","cows","eat"]}""", """[{"op":"move","from":"/foo/1","path":"/foo/3"}]""",
        """{"foo":["all","cows","eat","grass"]}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"copy","from":"/a","path":"/c"}]""", """{"a":{"b":1},"c":{"b":1}}""")]
    [InlineData("""{"a":{"x":1,"y":2.0}}""", """[{"op":"test","path":"/a","value":{"y":2,"x":1}}]""", """{"a":{"x":1,"y":2.0}}""")]
    [InlineData(
        """{"a/b~c":1,"":2}""", """[{"op":"replace","path":"/a~1b~0c","value":3},{"op":"replace","path":"/","value":4}]""",
        """{"a/b~c":3,"":4}""")]
    [InlineData("""{"a~1b":1}""", """[{"op":"remove","path":"/a~01b"}]""", "{}")]
    public void Does_what_the_standard_shows(string document, string patch, string expected)
    {
        var result = JsonPatch.Apply(JsonNode.Parse(document), JsonNode.Parse(patch)!.AsArray());

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), result), result?.ToJsonString());
    }

    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"/b","value":1}]""")]
    [InlineData("""{"a":1}""", """[{"op":"remove","path":"/b"}]""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b/c","value":1}]""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/a","value":"1"}]""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/b","value":null}]""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/2","value":1}]""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/01","value":1}]""")]
    [InlineData("""{"a":[1]}""", """[{"op":"remove","path":"/a/-"}]""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"move","from":"/a","path":"/a/b"}]""")]
    public void Refuses_what_does_not_fit(string document, string patch) =>
        Assert.Throws<JsonPatchException>(() => JsonPatch.Apply(JsonNode.Parse(document), JsonNode.Parse(patch)!.AsArray()));

    [Theory]
    [InlineData("""[{"op":"test","path":"/a"}]""")]
    [InlineData("""[{"op":"spam","path":"/a"}]""")]
    [InlineData("""[{"path":"/a"}]""")]
    [InlineData("""[{"op":"remove","path":"a"}]""")]
    [InlineData("""[{"op":"remove","path":"/a~2"}]""")]
    [InlineData("[1]")]
    public void Refuses_what_is_no_patch(string patch) =>
        Assert.Throws<FormatException>(() => JsonPatch.Apply(new JsonObject { ["a"] = 1 }, JsonNode.Parse(patch)!.AsArray()));

    [Fact]
    public void Changes_nothing_when_a_later_operation_fails()
    {
        var document = JsonNode.Parse("""{"a":1}""")!;
        var patch = JsonNode.Parse("""[{"op":"replace","path":"/a","value":2},{"op":"test","path":"/a","value":1}]""")!.AsArray();

        Assert.Throws<JsonPatchException>(() => JsonPatch.Apply(document, patch));
        Assert.Equal("""{"a":1}""", document.ToJsonString());
    }

    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void Merges_as_the_standard_shows(string target, string patch, string expected)
    {
        var result = JsonPatch.Merge(JsonNode.Parse(target), JsonNode.Parse(patch));

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), result), result?.ToJsonString());
    }
}

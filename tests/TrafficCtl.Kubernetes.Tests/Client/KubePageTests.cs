using System.Text;
using System.Text.Json;
using TrafficCtl.Kubernetes.Client;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Client;

public sealed class KubePageTests
{
    [Fact]
    public void Reads_items_and_where_the_list_goes_on_in_whatever_order()
    {
        var page = Read(
            """{"items":[{"metadata":{"name":"a"},"spec":{"items":[1]}},{"kind":"Other","metadata":{}}],"more":{"items":[{}]},"metadata":{"continue":"x","resourceVersion":"7"},"kind":"ServiceList"}""")!;
        Assert.Equal([
            """{"metadata":{"name":"a"},"spec":{"items":[1]},"apiVersion":"v1","kind":"Service"}""",
            """{"kind":"Other","metadata":{},"apiVersion":"v1"}"""
        ],
            page.Items.Select(i => i.ToJsonString()));
        Assert.Equal(("x", "7"), (page.Continue, page.ResourceVersion));
    }

    [Theory]
    [InlineData("""{"metadata":{"continue":""},"items":[]}""")]
    [InlineData("""{"metadata":null,"items":null}""")]
    [InlineData("{}")]
    public void A_list_of_nothing_is_the_last_page(string text)
    {
        var page = Read(text)!;
        Assert.Empty(page.Items);
        Assert.Equal((null, ""), (page.Continue, page.ResourceVersion));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    public void What_is_no_object_is_no_page(string text) => Assert.Null(Read(text));

    [Theory]
    [InlineData("")]
    [InlineData("""{"items":[{"a":1,"a":2}]}""")]
    [InlineData("""{"items":[7]}""")]
    [InlineData("""{"items":[{}""")]
    [InlineData("""{"items":[]} x""")]
    [InlineData("<html>")]
    public void What_could_not_be_read_later_is_refused(string text) => Assert.ThrowsAny<JsonException>(() => Read(text));

    private static KubePage? Read(string text) => KubePage.Read(Encoding.UTF8.GetBytes(text), KubeKind.Service);
}

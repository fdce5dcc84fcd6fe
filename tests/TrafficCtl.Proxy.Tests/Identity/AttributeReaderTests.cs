using System.Buffers.Text;
using System.Text;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Proxy.Identity;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Identity;

public sealed class AttributeReaderTests
{
    private const string Payload =
        """{"iss":"x","deep":{"sub":"not this"},"sub":"ann\u00e9","n":42,"tenant":{"id":{"a":1},"tier":"enterprise"},"list":[1]}""";

    [Theory]
    [InlineData("sid=abc", "sid", "abc")]
    [InlineData("a=1; sid=abc; b=2", "sid", "abc")]
    [InlineData("xsid=no; sid=\"quoted\"", "sid", "quoted")]
    [InlineData("a=1;sid=x=y", "sid", "x=y")]
    [InlineData("sid", "sid", "")]
    [InlineData("SID=abc", "sid", "")]
    [InlineData(";;;=;sid=;", "sid", "")]
    public void Finds_a_cookie(string header, string name, string expected) =>
        Assert.Equal(expected, Read(AttributeSource.Cookie, name, ("Cookie", header)));

    [Fact]
    public void Finds_a_header_without_regard_to_case() =>
        Assert.Equal("ann", Read(AttributeSource.Header, "x-user-id", ("X-User-ID", "ann")));

    [Theory]
    [InlineData("sub", "anné")]
    [InlineData("n", "42")]
    [InlineData("tenant.tier", "enterprise")]
    [InlineData("tenant", "")]
    [InlineData("list", "")]
    [InlineData("sub.deeper", "")]
    [InlineData("missing", "")]
    public void Finds_a_claim_of_the_bearer_token(string claim, string expected) =>
        Assert.Equal(expected, Read(AttributeSource.Claim, claim, ("Authorization", "Bearer " + Token(Payload))));

    [Theory]
    [InlineData("Basic YTpi")]
    [InlineData("Bearer ")]
    [InlineData("Bearer a.b")]
    [InlineData("Bearer a..c")]
    [InlineData("Bearer a.!!!.c")]
    [InlineData("Bearer a.eyJzdWIi.c")]
    [InlineData("Bearer a.W10.c")]
    public void Takes_a_broken_token_for_no_claim(string authorization) =>
        Assert.Equal("", Read(AttributeSource.Claim, "sub", ("Authorization", authorization)));

    [Theory]
    [InlineData("{\"sub\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":1,\"sub\":\"ann\"}")]
    [InlineData("{\"sub\":\"\u0080\"}")]
    public void Takes_a_token_with_text_that_is_no_unicode_for_no_claim(string payload)
    {
        var token = $"e30.{Base64Url.EncodeToString(Encoding.Latin1.GetBytes(payload))}.sig";

        Assert.Equal("", Read(AttributeSource.Claim, "sub", ("Authorization", "Bearer " + token)));
    }

    [Fact]
    public void Takes_a_claim_that_is_too_long_for_none() =>
        Assert.Equal(
            "", Read(AttributeSource.Claim, "sub", ("Authorization", "Bearer " + Token($$"""{"sub":"{{new string('x', 600)}}"}"""))));

    [Theory]
    [InlineData(AttributeSource.Header, "x-user-id")]
    [InlineData(AttributeSource.Cookie, "sid")]
    [InlineData(AttributeSource.Claim, "tenant.tier")]
    public void Reads_without_allocating(AttributeSource source, string name)
    {
        var headers = Headers(("x-user-id", "ann"), ("Cookie", "a=b; sid=xyz"), ("Authorization", "Bearer " + Token(Payload)));
        var reader = new AttributeReader(new RequestAttribute(source, name));
        var scratch = new char[AttributeReader.ScratchChars];
        for (var i = 0; i < 100; i++) Assert.False(reader.Read(headers, scratch).IsEmpty);

        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var i = 0; i < 1000; i++) reader.Read(headers, scratch);
        }));
    }

    private static string Read(AttributeSource source, string name, params (string Name, string Value)[] headers) =>
        new AttributeReader(new RequestAttribute(source, name)).Read(Headers(headers), new char[AttributeReader.ScratchChars]).ToString();

    private static HeaderDictionary Headers(params (string Name, string Value)[] headers)
    {
        var made = new HeaderDictionary();
        foreach (var (name, value) in headers) made[name] = value;
        return made;
    }

    private static string Token(string payload) => $"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}.sig";
}

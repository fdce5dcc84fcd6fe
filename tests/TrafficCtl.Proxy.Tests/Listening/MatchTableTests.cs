using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Listening;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Listening;

public sealed class MatchTableTests
{
    private readonly MatchTable<string> table = new(
    [
        (new RouteMatch("shop.example", "/checkout/**"), "checkout"),
        (new RouteMatch("shop.example", "/checkout/admin"), "admin"),
        (new RouteMatch("shop.example", null), "shop"),
        (new RouteMatch("*.example", null), "example"),
        (new RouteMatch("*.eu.example", null), "eu"),
        (new RouteMatch(null, "/status"), "status"),
    ]);

    [Theory]
    [InlineData("shop.example", "/checkout", "checkout")]
    [InlineData("shop.example", "/checkout/", "checkout")]
    [InlineData("shop.example", "/checkout/a/b", "checkout")]
    [InlineData("SHOP.Example:8443", "/checkout/a", "checkout")]
    [InlineData("shop.example", "/checkout/admin", "admin")]
    [InlineData("shop.example", "/checkout/admin/x", "checkout")]
    [InlineData("shop.example", "/checkouts", "shop")]
    [InlineData("shop.example", "/Checkout", "shop")]
    [InlineData("a.example", "/", "example")]
    [InlineData("shop.example.", "/checkout", "checkout")]
    [InlineData("shop.example.:8443", "/checkout", "checkout")]
    [InlineData("a.eu.example.", "/", "eu")]
    [InlineData("a.eu.example", "/", "eu")]
    [InlineData("example", "/", null)]
    [InlineData("other", "/status", "status")]
    [InlineData("other", "/status/x", null)]
    [InlineData("[::1]:80", "/status", "status")]
    [InlineData("", "/status", "status")]
    [InlineData(null, null, null)]
    public void Prefers_the_more_exact_host_and_then_the_longer_path(string? host, string? path, string? expected) =>
        Assert.Equal(expected, table.Find(host, path));

    [Fact]
    public void A_lone_service_without_a_match_takes_everything() =>
        Assert.Equal("all", new MatchTable<string>([(RouteMatch.Everything, "all")]).Find("x", "/y"));
}

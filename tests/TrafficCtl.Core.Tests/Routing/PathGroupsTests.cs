using System.Globalization;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Core.Tests.Routing;

public class PathGroupsTests
{
    [Theory]
    [InlineData("", "/")]
    [InlineData("/", "/")]
    [InlineData("/orders", "/orders")]
    [InlineData("/orders/", "/orders")]
    [InlineData("//orders//list", "/orders/list")]
    [InlineData("/orders/123", "/orders/*")]
    [InlineData("/orders/123/items/7", "/orders/*/items")]
    [InlineData("/orders/b5c0a9d2-6f1e-4b5a-9d8e-000000000001", "/orders/*")]
    [InlineData("/api/v1/orders/17", "/api/v1/orders")]
    [InlineData("/api/V12/x", "/api/V12/x")]
    [InlineData("/api/v1234/x", "/api/*/x")]
    [InlineData("/users/ann@example.org", "/users/*")]
    [InlineData("/users/jörg", "/users/*")]
    [InlineData("/a/this-is-a-title-of-more-than-32-characters/b", "/a/*/b")]
    [InlineData("/a/exactly-thirty-two-characters-ok/b", "/a/exactly-thirty-two-characters-ok/b")]
    [InlineData("/shop.Orders/Place", "/shop.Orders/Place")]
    [InlineData("/v1/users:batch", "/v1/users:batch")]
    public void The_group_of_a_path_is_its_first_segments_without_ids(string path, string group) =>
        Assert.Equal(group, PathKey.Normalize(path, 3));

    [Fact]
    public void A_path_its_group_and_the_name_of_that_have_one_hash()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var path = RandomPath(random);
            var depth = random.Next(1, PathGroups.MostDepth + 1);
            var name = PathKey.Normalize(path, depth);
            Assert.Equal(name, PathKey.Normalize(name, depth));
            Assert.Equal(PathKey.Hash(path, depth), PathKey.Hash(name, depth));
        }
    }

    [Fact]
    public void Two_groups_have_two_hashes()
    {
        var random = new Random(2);
        var names = Enumerable.Range(0, 100_000)
            .Select(_ => PathKey.Normalize(RandomPath(random), 3))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
        Assert.True(names.Length > 1000);
        Assert.Equal(names.Length, names.Select(n => PathKey.Hash(n, 3)).Distinct().Count());
    }

    [Fact]
    public void Each_group_is_found_by_any_of_its_paths_and_all_other_paths_are_the_rest()
    {
        var groups = PathGroups.Of(2, Enumerable.Range(0, PathGroups.Most).Select(i => $"/{Word(i)}/list"));
        Assert.Equal(PathGroups.Most + 1, groups.Count);
        for (var i = 0; i < PathGroups.Most; i++)
        {
            Assert.Equal($"/{Word(i)}/list", groups.NameOf(groups.Find($"/{Word(i)}/list/any/thing/17")));
            Assert.Equal(PathGroups.RestName, groups.NameOf(groups.Find($"/{Word(i)}/other")));
        }

        for (var i = 0; i < 10_000; i++) Assert.Equal(groups.Rest, groups.Find($"/{Word(1000 + i)}/list"));
    }

    [Fact]
    public void Groups_are_in_one_order_and_equal_however_they_are_given()
    {
        var groups = PathGroups.Of(3, ["/b/17", "/a", "/b/18", "/c"]);
        Assert.Equal(["/a", "/b/*", "/c"], groups.Names);
        Assert.Equal(groups, PathGroups.Of(3, ["/c", "/b/*", "/a"]));
        Assert.Equal(groups.GetHashCode(), PathGroups.Of(3, ["/c", "/b/*", "/a"]).GetHashCode());
        Assert.NotEqual(groups, PathGroups.Of(2, ["/c", "/b/*", "/a"]));
        Assert.NotEqual(groups, PathGroups.Of(3, ["/c", "/a"]));
    }

    [Fact]
    public void Groups_of_names_are_found_by_their_names_alone()
    {
        var groups = PathGroups.OfNames(["GET /orders/{id}", "POST /orders/{id}"]);
        Assert.Equal(0, groups.Find("GET /orders/{id}"));
        Assert.Equal(1, groups.Find("POST /orders/{id}"));
        Assert.Equal(groups.Rest, groups.Find("GET /orders/17"));
        Assert.NotEqual(groups, PathGroups.Of(2, groups.Names));
    }

    [Fact]
    public void More_groups_than_there_may_be_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PathGroups.Of(2, Enumerable.Range(0, PathGroups.Most + 1).Select(i => "/" + Word(i))));
        Assert.Throws<ArgumentException>(() => PathGroups.Of(0, []));
        Assert.Throws<ArgumentException>(() => PathGroups.Of(PathGroups.MostDepth + 1, []));
    }

    [Fact]
    public void A_group_is_found_without_allocating()
    {
        var groups = PathGroups.Of(3, Enumerable.Range(0, PathGroups.Most).Select(i => $"/api/{Word(i)}/*"));
        var path = $"/api/{Word(7)}/4711/lines?";
        Assert.Equal($"/api/{Word(7)}/*", groups.NameOf(groups.Find(path)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = 0;
        for (var i = 0; i < 1000; i++) sum += groups.Find(path);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(groups.Find(path) * 1000, sum);
    }

    /// <summary>Without a digit, and so no id.</summary>
    private static string Word(int number) =>
        new([.. number.ToString(CultureInfo.InvariantCulture).Select(d => (char)('a' + (d - '0')))]);

    private static string RandomPath(Random random)
    {
        const string Letters = "abcdefghijvV0123456789-._~:$@%*é ";
        var segments = Enumerable.Range(0, random.Next(0, 6)).Select(_ =>
            new string([.. Enumerable.Range(0, random.Next(0, 12) * random.Next(1, 5)).Select(_ => Letters[random.Next(Letters.Length)])]));
        return "/" + string.Join('/', segments);
    }
}

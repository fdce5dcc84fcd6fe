using System.Globalization;
using TrafficCtl.Core.Routing;
using TrafficCtl.Proxy.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Signals;

public sealed class PathSketchTests
{
    private static readonly RouteGrouping Grouping = new(50, 2);

    private readonly PathSketch sketch = new();

    [Fact]
    public void The_paths_that_come_most_are_the_groups()
    {
        for (var i = 0; i < 1000; i++) Learn($"/orders/{i}");
        for (var i = 0; i < 500; i++) Learn("/search");
        for (var i = 0; i < 10; i++) Learn("/about");
        Learn("/once");
        Assert.Equal(["/orders/*", "/search"], sketch.Choose(Grouping with { Max = 2 }).Names);
        Assert.Equal(["/about", "/orders/*", "/search"], sketch.Choose(Grouping).Names);
    }

    [Fact]
    public void A_flood_of_paths_that_come_once_takes_no_group_from_those_that_come_often()
    {
        var random = new Random(1);
        for (var i = 0; i < 300_000; i++)
        {
            // One in ten is real traffic, over 40 routes of which the least has a fortieth.
            if (random.Next(10) == 0) Learn($"/shop/{Word(random.Next(40))}");
            else Learn($"/{Word(random.Next())}/{Word(random.Next())}");
        }

        var groups = sketch.Choose(Grouping);
        Assert.InRange(groups.Names.Length, 40, PathGroups.Most);
        for (var i = 0; i < 40; i++) Assert.Contains($"/shop/{Word(i)}", groups.Names);
    }

    [Fact]
    public void Paths_that_come_in_turns_after_a_flood_take_the_places_of_the_flood_and_not_of_each_other()
    {
        for (var i = 0; i < 2_000; i++) Learn($"/{Word(1_000 + i)}/{Word(i)}");
        for (var i = 0; i < 90; i++) Learn($"/{Word(i % 30)}/{i}");
        Assert.Equal(30, sketch.Choose(Grouping).Names.Length);
    }

    [Fact]
    public void There_are_never_more_groups_than_fifty()
    {
        for (var round = 0; round < 10; round++)
            for (var i = 0; i < 300; i++) Learn("/" + Word(i));
        Assert.Equal(PathGroups.Most, sketch.Choose(Grouping).Names.Length);
    }

    [Fact]
    public void What_was_asked_for_in_former_times_counts_less()
    {
        sketch.Advance(1);
        for (var i = 0; i < 100; i++) Learn("/old");
        for (var hour = 1; hour <= 5; hour++) sketch.Advance(hour * 3600);
        for (var i = 0; i < 10; i++) Learn("/new");
        Assert.Equal(["/new"], sketch.Choose(Grouping with { Max = 1 }).Names);
    }

    [Fact]
    public void Nothing_is_learnt_of_paths_that_are_longer_than_256_characters()
    {
        for (var i = 0; i < 10; i++) Learn("/" + new string('a', PathSketch.MostPath));
        Assert.Empty(sketch.Choose(Grouping).Names);
    }

    [Fact]
    public void Another_depth_begins_anew()
    {
        for (var i = 0; i < 10; i++) Learn("/a/b/c");
        Assert.Empty(sketch.Choose(Grouping with { Depth = 3 }).Names);
        for (var i = 0; i < 10; i++) sketch.Learn("/a/b/c", 3);
        Assert.Equal(["/a/b/c"], sketch.Choose(Grouping with { Depth = 3 }).Names);
    }

    [Fact]
    public void Learning_a_known_path_allocates_nothing()
    {
        Learn("/orders/17");
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var i = 0; i < 1000; i++) Learn("/orders/17");
        }));
    }

    private void Learn(string path) => sketch.Learn(path, Grouping.Depth);

    private static string Word(int number) =>
        string.Concat(number.ToString(CultureInfo.InvariantCulture).Select(static d => (char)('a' + (d - '0'))));
}

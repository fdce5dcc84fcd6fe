using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Routing;

public class RouteTableTests
{
    [Fact]
    public void Whatever_the_order_of_arrival_the_newest_generation_is_in_force() =>
        Prop.ForAll<NonEmptyArray<byte>>(generations =>
        {
            var table = RouteTable.Empty;
            foreach (var generation in generations.Get)
                table = table.With(ServiceRoute.Idle(Keys.Of("shop"), generation, $"v{generation}"));
            var newest = generations.Get.Max();
            return table.Targets[Keys.Of("shop")].Generation == newest && table.Targets[Keys.Of("shop")].Stable == $"v{newest}";
        }).Holds();

    [Fact]
    public void An_older_or_an_equal_route_leaves_the_very_table()
    {
        var table = RouteTable.Empty.With(ServiceRoute.Idle(Keys.Of("shop"), 5, "v1"));
        Assert.Same(table, table.With(ServiceRoute.Idle(Keys.Of("shop"), 4, "v0")));
        Assert.Same(table, table.With(ServiceRoute.Idle(Keys.Of("shop"), 5, "v1")));
        Assert.Same(table, table.Without(Keys.Of("unknown")));
        Assert.Equal(1, table.Generation);
    }

    [Fact]
    public void A_change_makes_a_new_table_and_leaves_the_old_one_as_it_was()
    {
        var old = RouteTable.Empty.With(ServiceRoute.Idle(Keys.Of("shop"), 1, "v1")).With(ServiceRoute.Idle(Keys.Of("cart"), 1, "v1"));
        var route = new ServiceRoute(Keys.Of("shop"), 2, "v1", "v2", "shop-prod-1", Exposure.Of(Weights.OfCandidate(500)));
        var changed = old.With(route);
        Assert.Equal("v1", old.Targets[Keys.Of("shop")].Stable);
        Assert.Null(old.Targets[Keys.Of("shop")].Candidate);
        Assert.Equal(route, changed.Targets[Keys.Of("shop")]);
        Assert.Equal(old.Targets[Keys.Of("cart")], changed.Targets[Keys.Of("cart")]);
        Assert.Equal(old.Generation + 1, changed.Generation);
        Assert.DoesNotContain(Keys.Of("shop"), changed.Without(Keys.Of("shop")).Targets.Keys);
    }
}

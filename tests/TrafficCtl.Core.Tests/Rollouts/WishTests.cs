using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using Xunit;
using static TrafficCtl.Core.Tests.Rollouts.Given;

namespace TrafficCtl.Core.Tests.Rollouts;

public sealed class WishTests
{
    private static readonly Wish Asked = Wish(WishKind.Publish, "v3");

    public static TheoryData<string, Wish> Others() => new()
    {
        { "another kind", Asked with { Kind = WishKind.Retry } },
        { "another version", Asked with { Version = "v4" } },
        { "another target", Asked with { Key = new TargetKey("shop", "prod") } },
        { "another asker", Asked with { Who = "bob" } },
        { "from elsewhere", Asked with { From = "another test" } },
        { "at another time", Asked with { At = Noon.AddTicks(1) } },
    };

    [Theory]
    [MemberData(nameof(Others), DisableDiscoveryEnumeration = true)]
    public void Is_another_one_when_anything_but_its_number_and_its_reason_differs(string what, Wish other) =>
        Assert.False(Asked.IsSameAs(other), what);

    [Fact]
    public void Is_known_again_under_the_number_that_a_store_gave_it() =>
        Assert.True(Asked.IsSameAs(Asked with { Id = 70, Reason = "told again" }));
}

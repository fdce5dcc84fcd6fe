using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using Xunit;

namespace TrafficCtl.Core.Tests.Rollouts;

public sealed class RolloutIdTests
{
    [Theory]
    [InlineData("checkout", "default", "default", "checkout-default-7")]
    [InlineData("shop.checkout", "prod", "default", "shop.checkout-prod-7")]
    [InlineData("checkout", "prod", "east", "checkout-prod_east-7")]
    public void Says_whose_it_is_and_leaves_the_default_target_out(string service, string environment, string target, string id) =>
        Assert.Equal(id, RolloutState.IdOf(new TargetKey(service, environment, target), 7));

    [Fact]
    public void A_named_target_never_meets_the_rollouts_of_another_environment_or_service()
    {
        var east = RolloutState.IdOf(new TargetKey("checkout", "prod", "east"), 1);
        Assert.NotEqual(east, RolloutState.IdOf(new TargetKey("checkout", "prod-east"), 1));
        Assert.NotEqual(east, RolloutState.IdOf(new TargetKey("checkout-prod", "east"), 1));
    }
}

using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Printing;

public sealed class StandingTests
{
    [Theory]
    [InlineData("Shifting", "100 % asked, not confirmed")]
    [InlineData("Good", "100 %")]
    public void A_weight_that_nothing_confirms_is_said_to_be_asked_while_the_rollout_goes_on(string phase, string words) =>
        Assert.Equal(words, Standing.Weight(new RolloutStatus { Phase = phase, Weight = 10_000 }));

    [Fact]
    public void A_weight_that_is_served_in_part_is_told_with_what_was_asked() =>
        Assert.Equal("5 % (10 % asked)", Standing.Weight(new RolloutStatus { Phase = "Observing", Weight = 1_000, EffectiveWeight = 500 }));
}

using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Core.Tests.Rollouts;

public class PhaseWordsTests
{
    [Fact]
    public void Every_state_has_a_word_of_its_own_for_people()
    {
        var names = typeof(Phase).GetNestedTypes().Select(static t => t.Name).ToArray();
        Assert.All(names, static name => Assert.DoesNotContain(PhaseWords.Of(name), char.IsUpper));
        Assert.Equal(names.Length, names.Select(PhaseWords.Of).Distinct().Count());
    }

    [Fact]
    public void The_time_after_100_percent_is_the_watch() => Assert.Equal(
        ("watch", "in its watch", "observing", "Weighing"),
        (
            PhaseWords.Of("Baking"), PhaseWords.InSentence(new Phase.Baking(default)),
            PhaseWords.InSentence(new Phase.Observing(0, default, default)), PhaseWords.Of("Weighing")));
}

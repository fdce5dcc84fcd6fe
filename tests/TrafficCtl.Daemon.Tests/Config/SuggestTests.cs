using TrafficCtl.Daemon.Config.Reporting;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Config;

public sealed class SuggestTests
{
    [Theory]
    [InlineData("stabel", "stable")]
    [InlineData("Stable", "stable")]
    [InlineData("rolout", "rollout")]
    [InlineData("zebra", null)]
    [InlineData("", null)]
    public void Suggests_the_nearest_word_or_none(string word, string? expected) =>
        Assert.Equal(expected, Suggest.Nearest(word, ["stable", "rollout", "strategy"]));
}

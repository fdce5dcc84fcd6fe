using System.Collections.Immutable;
using TrafficCtl.Simulator.Rules.Kayenta;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Rules.Kayenta;

public class KayentaScoreTests
{
    private static readonly ImmutableDictionary<string, double> None = ImmutableDictionary<string, double>.Empty;

    [Theory]
    [InlineData("a:Pass b:Pass", 100)]
    [InlineData("a:Pass a:High b:Pass", 75)]
    [InlineData("a:Pass a:Low a:High b:Pass", 66.67)]
    // Without data or with an error it is not counted; a group with nothing else passes.
    [InlineData("a:Pass a:NoData b:High b:Error", 50)]
    [InlineData("a:NoData b:Pass b:Pass", 100)]
    [InlineData("a:NoDataFails b:Pass", 50)]
    // Half without data is too little to say anything.
    [InlineData("a:Pass b:NoData", 0)]
    public void Groups_without_weights_share_equally(string labels, double score) =>
        Assert.Equal(score, KayentaScore.Of(Judged(labels), None));

    [Fact]
    public void Named_weights_come_first_and_the_rest_share_what_is_left()
    {
        Assert.Equal(40, KayentaScore.Of(Judged("a:High b:Pass c:High"), None.Add("a", 20)));
        Assert.Equal(60, KayentaScore.Of(Judged("a:High b:Pass c:Pass"), None.Add("a", 40)));
        Assert.Equal(50, KayentaScore.Of(Judged("errors:High latency:Pass latency:Pass"), KayentaRule.GroupWeights));
        Assert.Equal(75, KayentaScore.Of(Judged("errors:Pass latency:High latency:Pass"), KayentaRule.GroupWeights));
    }

    [Fact]
    public void A_critical_difference_is_worth_nothing_whatever_else_passes()
    {
        var judged = Judged("a:Pass b:Pass c:High");
        judged[2].Result = judged[2].Result with { IsCritical = true };
        Assert.Equal(0, KayentaScore.Of(judged, None));
    }

    [Fact]
    public void Muted_metrics_are_dropped_first()
    {
        var judged = Judged("a:High b:NoData c:Pass");
        for (var i = 0; i < 2; i++) judged[i].Metric = judged[i].Metric with { IsMuted = true };
        Assert.Equal(100, KayentaScore.Of(judged, None));
    }

    private static (KayentaMetric Metric, KayentaResult Result)[] Judged(string labels) =>
        [.. labels.Split(' ')
            .Select(l => l.Split(':'))
            .Select(p => (new KayentaMetric("m", p[0]), KayentaResult.Short(Enum.Parse<KayentaLabel>(p[1]))))];
}

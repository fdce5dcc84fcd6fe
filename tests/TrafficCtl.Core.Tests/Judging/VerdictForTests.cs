using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>Replays and simulations ask for the verdict alone: it is that of the whole judgement, at every moment.</summary>
public sealed class VerdictForTests
{
    private static readonly Version Stable = new(Errors: 0.001);

    private static readonly Weights[] Next = [Weights.OfCandidate(1000), Weights.OfCandidate(5000), Weights.AllCandidate];

    [Theory]
    [InlineData(0.001, 2, Verdict.Pass)]
    [InlineData(0.05, 2, Verdict.Fail)]
    [InlineData(0.001, 3.2, Verdict.Unsure)]
    public void Is_the_verdict_of_the_judgement(double errors, double work, Verdict last)
    {
        var analysis = Analysis.Default with { Metrics = [new MetricTolerance("work", Direction.Lower, 0.15)] };
        var traffic = new Simulation(2, 1500, 5);
        var judge = new Judge(analysis, traffic.Past(Stable, 300));
        for (var i = 0; i < 240; i++)
        {
            judge.Observe(traffic.Next(Stable, Stable with { Errors = errors }, Next[0]) with { Metrics = [new MetricPair(2, work)] });
            if (i % 8 == 0) Assert.All(Next, next => Assert.Equal(judge.Decide(next).Verdict, judge.VerdictFor(next)));
        }

        Assert.Equal(last, judge.VerdictFor(Next[0]));
    }
}

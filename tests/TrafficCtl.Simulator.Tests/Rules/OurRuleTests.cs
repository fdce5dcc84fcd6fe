using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Rules;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Rules;

public class OurRuleTests
{
    [Fact]
    public void An_equal_candidate_climbs_the_default_plan_and_enters_100_after_the_holdback()
    {
        var (run, weights, at) = Play(failing: 0, ticks: 1440);
        Assert.Equal(RunEnd.Promoted, run.End);
        Assert.Equal([500, 1000, 2500, 5000, 9500, 10000], weights);
        Assert.InRange(at / 60, 60, 75);
    }

    [Fact]
    public void A_failing_candidate_is_taken_back_to_0_in_its_first_step()
    {
        var (run, weights, at) = Play(failing: 0.2, ticks: 1440);
        Assert.Equal(RunEnd.RolledBack, run.End);
        Assert.True(run.IsOver);
        Assert.Equal([500, 0], weights);
        Assert.InRange(at, 5, 60);
    }

    [Fact]
    public void Rules_have_names_of_their_own_and_are_found_by_them()
    {
        Assert.All(RuleCatalog.All, rule => Assert.Same(rule, RuleCatalog.Find(rule.Name)));
        Assert.Null(RuleCatalog.Find("OURS"));
    }

    /// <summary>1,000 requests a second without any noise, 2 % of them failing on stable.</summary>
    private static (IRuleRun Run, List<int> Weights, double At) Play(double failing, int ticks)
    {
        var past = new Baseline();
        for (var i = 0; i < 120; i++) past.Absorb(5, Counts(5000, 0.02), default);
        var run = RuleCatalog.Find("ours")!.Begin(new RuleSetting(past));
        var (weights, at) = (new List<int> { run.Weights.Candidate }, 0.0);
        for (var i = 1; i <= ticks && !run.IsOver && run.End == RunEnd.Running; i++)
        {
            var share = run.Weights;
            var tick = new Tick(
                5, Counts(5000 * share.Stable / 10000, 0.02), Counts(5000 * share.Candidate / 10000, 0.02 + failing), share, default,
                default);
            run.Observe(tick, at = i * run.IntervalSeconds);
            if (run.Weights.Candidate != weights[^1]) weights.Add(run.Weights.Candidate);
        }

        return (run, weights, at);
    }

    private static Counts Counts(int requests, double failing)
    {
        var counts = new Counts();
        var failures = (long)Math.Round(requests * failing);
        counts.ByOutcome[(int)Outcome.Success] = requests - failures;
        counts.ByOutcome[(int)Outcome.ServerError] = failures;
        counts.CappedFailures = failures;
        // Half at 80 ms, the rest spread evenly over the next 40 buckets.
        var middle = LatencyBuckets.IndexOf(0.08);
        counts.Latency[middle] = requests / 2;
        for (var i = 0; i < requests - (requests / 2); i++) counts.Latency[middle + 1 + (i % 40)]++;
        return counts;
    }
}

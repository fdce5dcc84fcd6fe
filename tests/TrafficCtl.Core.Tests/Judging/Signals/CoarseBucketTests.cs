using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Signals;

/// <summary>Classic histograms: the ratio of shares is tilted by the slope of stable's tail (statistics 3.4 and 8.3).</summary>
public class CoarseBucketTests
{
    private static readonly LatencyLayout Classic = LatencyLayout.Of([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]);
    private static readonly Version Usual = new(0.08, 0.6);

    [Fact]
    public void The_edge_nearest_the_quantile_is_taken_with_both_slopes()
    {
        // Lognormal, median 80 ms, p99 323 ms: S(250 ms) = 0.0288, κ = 2.74 below it and 4.67 above it.
        var boundary = LatencyBoundary.At(Past(Usual, 4_000_000), 0.99, 0);
        Assert.Equal(0.25, Classic.UpperSeconds(boundary!.Value.Bucket));
        Assert.Equal(0.0288, boundary.Value.Share, 3);
        Assert.Equal(2.74, boundary.Value.Flat, 1);
        Assert.Equal(4.67, boundary.Value.Steep, 1);
    }

    [Fact]
    public void Harm_takes_the_steeper_slope_and_non_inferiority_the_flatter()
    {
        var margins = LatencyMargins.Of(Analysis.Default, Classic);
        var boundary = new LatencyBoundary(5, 0, 0.0288, 4.67, 2.74);
        Assert.Equal(1.256, margins.HarmRatio(boundary), 3);
        Assert.Equal(1.298, margins.Ratio(boundary, 2), 3);
        Assert.Equal(0, margins.HarmShift);
    }

    [Fact]
    public void A_slow_tail_fails_and_an_equal_version_passes()
    {
        var slow = Observed(new Version(0.096, 0.6));
        Assert.Equal(Verdict.Fail, slow.Verdict);
        Assert.StartsWith("latency", slow.Blame, StringComparison.Ordinal);
        var equal = Observed(Usual);
        Assert.Equal(Verdict.Pass, equal.Verdict);
        Assert.Contains(equal.Findings, f => f.Text.Contains("coarse buckets", StringComparison.Ordinal));
    }

    [Fact]
    public void Buckets_that_cannot_show_a_shift_are_unsure_for_ever()
    {
        // Everything lies in one bucket: no slope, so nothing can be said.
        var judgement = Observed(new Version(0.08, 0.0001), new Version(0.08, 0.0001));
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.Contains(judgement.Findings, f => f.Text.Contains("not compared yet", StringComparison.Ordinal));
    }

    private static Judgement Observed(Version candidate, Version? stable = null)
    {
        var chance = new Chance(11);
        var judge = new Judge(Analysis.Default, Past(stable ?? Usual, 300_000));
        var (one, other) = (new Counts(Classic), new Counts(Classic));
        for (var i = 0; i < 60; i++)
        {
            Fill(one, stable ?? Usual, 4500, chance);
            Fill(other, candidate, 2500, chance);
            judge.Observe(new Tick(5, one, other, Weights.OfCandidate(3500), default, default));
        }

        return judge.Decide(Weights.OfCandidate(5000));
    }

    private static Baseline Past(Version version, int requests)
    {
        var (past, counts) = (new Baseline(Classic), new Counts(Classic));
        Fill(counts, version, requests, new Chance(5));
        past.Absorb(600, counts, default);
        return past;
    }

    private static void Fill(Counts counts, Version version, int n, Chance chance)
    {
        counts.Clear();
        counts.ByOutcome[(int)Outcome.Success] = n;
        for (var i = 0; i < n; i++)
            counts.Latency[Classic.IndexOf(version.MedianSeconds * Math.Exp(version.Sigma * chance.Normal()))]++;
    }
}

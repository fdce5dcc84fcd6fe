using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Signals;

/// <summary>The A/A guard: what stable's own instances earn under the candidate's test is noise.</summary>
public class PlaceboTests
{
    private static readonly Weights Ten = Weights.OfCandidate(1000);

    [Fact]
    public void Noise_between_instances_that_looks_like_harm_is_unsure()
    {
        // One of stable's own instances fails as much more often as the candidate does.
        double[] instances = [0.01, 0.02, 0.01, 0.01];
        Assert.Equal(Verdict.Fail, Judged(0.02, instances, withPlacebos: false).Verdict);
        var judgement = Judged(0.02, instances, withPlacebos: true);
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.Contains("stable's own instances", judgement.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.05, 0.5)]
    [InlineData(0.05, 0.15)]
    [InlineData(0.2, 0.5)]
    public void One_bad_instance_of_stable_excuses_no_plain_failure(double instance, double candidate) =>
        Assert.Equal(Verdict.Fail, Judged(candidate, [instance, 0.001, 0.001, 0.001], withPlacebos: true).Verdict);

    [Fact]
    public void An_instance_that_was_repaired_excuses_nobody()
    {
        var traffic = new Noisy(5, [0.05, 0.001, 0.001, 0.001]);
        var repaired = new Noisy(6, [0.001, 0.001, 0.001, 0.001]);
        var judge = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 720; i++) judge.Observe((i < 120 ? traffic : repaired).Next(0.001, withPlacebos: true));
        Assert.NotEqual(Verdict.Fail, judge.Decide(Ten).Verdict);
        for (var i = 0; i < 120; i++) judge.Observe(repaired.Next(0.05, withPlacebos: true));
        Assert.True(judge.Decide(Ten).Verdict == Verdict.Fail, judge.Decide(Ten).Reason + judge.Decide(Ten).Findings[0].Text);
    }

    [Fact]
    public void Harm_beyond_the_noise_still_fails()
    {
        var judgement = Judged(0.03, [0.01, 0.01, 0.01, 0.01], withPlacebos: true);
        Assert.Equal(Verdict.Fail, judgement.Verdict);
    }

    [Fact]
    public void Equal_instances_do_not_stand_in_the_way()
    {
        var judgement = Judged(0.01, [0.01, 0.01, 0.01, 0.01], withPlacebos: true);
        Assert.True(judgement.Verdict == Verdict.Pass, judgement.Reason);
    }

    [Theory]
    [InlineData(100, 100, 100, 0)]
    [InlineData(400, 100, 100, 0.7)]
    [InlineData(125, 100, 100, 0)]
    [InlineData(4, 100, 100, 0)]
    public void The_spread_of_groups_is_what_exceeds_chance(double a, double b, double c, double least)
    {
        var spread = GroupSpread.Of([new Sample(a, 10_000), new Sample(b, 10_000), new Sample(c, 10_000)], 1);
        Assert.InRange(spread, least, least + 0.25);
    }

    [Fact]
    public void A_guarded_judge_resumes_exactly()
    {
        var traffic = new Noisy(3, [0.01, 0.012, 0.01, 0.01]);
        var judge = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 50; i++)
        {
            judge.Observe(traffic.Next(0.012, withPlacebos: true));
            var buffer = new System.Buffers.ArrayBufferWriter<byte>();
            judge.Save(buffer);
            var restored = Judge.Restore(buffer.WrittenSpan, Analysis.Default);
            Assert.NotNull(restored);
            Assert.Equal(judge.Decide(Ten).Reason, restored.Decide(Ten).Reason);
            judge = restored;
        }
    }

    [Fact]
    public void Groups_that_are_no_longer_measured_excuse_what_looks_the_same_and_nothing_that_is_far_worse()
    {
        var traffic = new Noisy(1, [0.01, 0.02, 0.01, 0.01]);
        var judge = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 200; i++) judge.Observe(traffic.Next(0.02, withPlacebos: true));
        for (var i = 0; i < 50; i++) judge.Observe(traffic.Next(0.02, withPlacebos: false));
        Assert.Contains("stable's own instances", judge.Decide(Ten).Reason, StringComparison.Ordinal);
        for (var i = 0; i < 100; i++) judge.Observe(traffic.Next(0.08, withPlacebos: false));
        Assert.Equal(Verdict.Fail, judge.Decide(Ten).Verdict);
    }

    [Fact]
    public void Groups_that_are_no_longer_measured_excuse_nobody_for_ever()
    {
        var traffic = new Noisy(1, [0.01, 0.02, 0.01, 0.01]);
        var judge = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 200; i++) judge.Observe(traffic.Next(0.02, withPlacebos: true));
        var looks = 0;
        for (; judge.Decide(Ten).Verdict != Verdict.Fail && looks < 20_000; looks++) judge.Observe(traffic.Next(0.02, withPlacebos: false));
        Assert.InRange(looks * 5 / 3600.0, 0.3, 3);
    }

    [Fact]
    public void An_instance_that_came_a_moment_ago_does_not_hide_the_noise_of_the_others()
    {
        // Five instances: the last one is in no group, and gets few requests.
        var traffic = new Noisy(1, [0.01, 0.02, 0.01, 0.01, 0.01]) { Last = 1 };
        var judge = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 200; i++) judge.Observe(traffic.Next(0.02, withPlacebos: true));
        Assert.Contains("stable's own instances", judge.Decide(Ten).Reason, StringComparison.Ordinal);
    }

    private static Judgement Judged(double candidate, double[] instances, bool withPlacebos)
    {
        var traffic = new Noisy(1, instances);
        var judge = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 200; i++) judge.Observe(traffic.Next(candidate, withPlacebos));
        return judge.Decide(Ten);
    }

    /// <summary>Stable instances of their own error rates, and one candidate instance.</summary>
    private sealed class Noisy(int seed, double[] instances)
    {
        private const int Usual = 500;

        private readonly Chance chance = new(seed);
        private readonly Counts stable = new(), candidate = new();
        private readonly Counts[] groups = [.. Enumerable.Range(0, Tick.MostPlacebos).Select(_ => new Counts())];

        /// <summary>Requests of the last instance in a tick.</summary>
        public int Last { get; init; } = Usual;

        public Tick Next(double candidateRate, bool withPlacebos)
        {
            stable.Clear();
            Fill(candidate, candidateRate, Usual);
            var one = new Counts();
            for (var i = 0; i < instances.Length; i++)
            {
                Fill(one, instances[i], i == instances.Length - 1 ? Last : Usual);
                stable.Add(one);
                if (i < groups.Length) groups[i].CopyFrom(one);
            }

            return new Tick(5, stable, candidate, Ten, default, default) { Placebos = withPlacebos ? groups : null };
        }

        private void Fill(Counts counts, double rate, int requests)
        {
            counts.Clear();
            var failures = chance.Binomial(requests, rate);
            counts.ByOutcome[(int)Outcome.Success] = requests - failures;
            counts.ByOutcome[(int)Outcome.ServerError] = failures;
            counts.CappedFailures = failures;
            for (var i = 0; i < requests; i++) counts.Latency[LatencyBuckets.IndexOf(0.08 * Math.Exp(0.3 * chance.Normal()))]++;
        }
    }
}

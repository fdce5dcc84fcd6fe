using System.Buffers;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

public class JudgeTests
{
    private static readonly Version Good = new();
    private static readonly Weights Five = Weights.OfCandidate(500);
    private static readonly Weights Ten = Weights.OfCandidate(1000);

    [Fact]
    public void A_good_version_passes_at_the_wide_margin_first()
    {
        var judge = Observed(1, Good, 40, Five);
        Assert.Equal(Verdict.Pass, judge.Decide(Ten).Verdict);
        Assert.NotEqual(Verdict.Fail, judge.Decide(Weights.AllCandidate).Verdict);
        var reason = judge.Decide(Ten).Reason;
        Assert.Contains("errors", reason, StringComparison.Ordinal);
        Assert.Contains("latency p99", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_when_it_will_know_while_it_is_unsure()
    {
        var judgement = Observed(1, Good, 8, Five).Decide(Ten);
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.NotNull(judgement.Forecast);
        Assert.InRange(judgement.Forecast.Value.TotalSeconds, 20, 600);
        Assert.Contains("warm-up", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_fail_through_the_guard_before_the_warm_up_is_over()
    {
        var judge = Observed(2, Good with { Errors = 0.05 }, 5, Five);
        var judgement = judge.Decide(Ten);
        Assert.Equal((Verdict.Fail, "guard"), (judgement.Verdict, judgement.Blame));
        Assert.True(judgement.Evidence >= judgement.Bound);
        var guard = judgement.Findings.Single(f => f.Signal == "guard");
        Assert.Equal(Verdict.Fail, guard.Verdict);
        Assert.Contains("candidate errors", guard.Text, StringComparison.Ordinal);
        Assert.Contains("against 0 %", guard.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.08, 0.55, "latency p9")]
    [InlineData(0.12, 0.25, "latency")]
    public void Slowness_fails_by_the_quantile_that_shows_it(double median, double sigma, string blame)
    {
        var judgement = Observed(3, Good with { MedianSeconds = median, Sigma = sigma }, 20, Five).Decide(Ten);
        Assert.Equal(Verdict.Fail, judgement.Verdict);
        Assert.StartsWith(blame, judgement.Blame, StringComparison.Ordinal);
        Assert.True(judgement.Findings.Single(f => f.Signal == "latency p99").Estimate > 1.2);
    }

    [Fact]
    public void A_failure_stays_whatever_comes_after_it()
    {
        var traffic = new Simulation(4, 1500, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
        for (var i = 0; i < 5; i++) judge.Observe(traffic.Next(Good, Good with { Errors = 0.05 }, Five));
        for (var i = 0; i < 60; i++) judge.Observe(traffic.Next(Good, Good, Five));
        Assert.Equal(Verdict.Fail, judge.Decide(Ten).Verdict);
    }

    [Fact]
    public void A_burst_that_both_arms_suffer_is_no_failure()
    {
        var traffic = new Simulation(5, 1500, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
        for (var i = 0; i < 60; i++)
        {
            var version = i is >= 20 and < 26 ? new Version(MedianSeconds: 0.12, Errors: 0.08) : Good;
            judge.Observe(traffic.Next(version, version, Ten));
        }

        Assert.NotEqual(Verdict.Fail, judge.Decide(Weights.OfCandidate(2500)).Verdict);
    }

    [Fact]
    public void A_quantile_at_the_end_of_the_buckets_keeps_its_whole_tolerance()
    {
        // 58 edges of ratio 1.05 from 20 ms: stable's p99 is at the last one, and the candidate is 2 % slower.
        var layout = LatencyLayout.Of([.. Enumerable.Range(0, 58).Select(i => 0.02 * Math.Pow(1.05, i))]);
        var (chance, judge) = (new Chance(3), new Judge(Analysis.Default, new Baseline(layout)));
        var (stable, candidate) = (new Counts(layout), new Counts(layout));
        for (var i = 0; i < 200; i++)
        {
            Fill(stable, 4500, 1);
            Fill(candidate, 500, 1.02);
            judge.Observe(new Tick(5, stable, candidate, Ten, default, default));
        }

        Assert.NotEqual(Verdict.Fail, judge.Decide(Ten).Verdict);

        void Fill(Counts counts, int n, double slower)
        {
            counts.Clear();
            counts.ByOutcome[(int)Outcome.Success] = n;
            for (var i = 0; i < n; i++) counts.Latency[layout.IndexOf(0.08 * slower * Math.Exp(0.6 * chance.Normal()))]++;
        }
    }

    [Fact]
    public void Constant_latencies_of_a_good_version_pass_too()
    {
        var judge = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 60; i++) judge.Observe(Constant(0.01, 0.01));
        Assert.Equal(Verdict.Pass, judge.Decide(Ten).Verdict);

        var slow = new Judge(Analysis.Default, new Baseline());
        for (var i = 0; i < 60; i++) slow.Observe(Constant(0.01, 0.012));
        Assert.Equal(Verdict.Fail, slow.Decide(Ten).Verdict);
    }

    [Fact]
    public void Failing_users_must_be_three_before_errors_go_back()
    {
        Assert.Equal(Verdict.Unsure, WithFailingUsers(2).Verdict);
        Assert.Contains("only 2", WithFailingUsers(2).Reason, StringComparison.Ordinal);
        Assert.Equal(Verdict.Fail, WithFailingUsers(3).Verdict);

        static Judgement WithFailingUsers(int failing)
        {
            var traffic = new Simulation(6, 1500, 5);
            var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
            for (var i = 0; i < 10; i++)
            {
                var tick = traffic.Next(Good, Good with { Errors = 0.2 }, Five);
                judge.Observe(tick with { CandidateUsers = new UserCounts(300, 3 * failing, 9 * failing, failing, failing, 300, false) });
            }

            return judge.Decide(Ten);
        }
    }

    [Fact]
    public void An_advisory_signal_holds_and_never_goes_back()
    {
        var analysis = Analysis.Default with { Latency = new LatencyTolerance(Then: Consequence.Hold) };
        var judgement = Observed(7, Good with { MedianSeconds = 0.12 }, 60, Five, analysis).Decide(Ten);
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.Contains("advisory", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_passes_on_advisory_signals_that_are_not_shown()
    {
        var analysis = Analysis.Default with
        {
            Errors = new ErrorTolerance(Then: Consequence.Hold),
            Latency = new LatencyTolerance(Then: Consequence.Hold),
        };
        Assert.Equal(Verdict.Unsure, Observed(8, Good, 3, Five, analysis).Decide(Ten).Verdict);
        Assert.Equal(Verdict.Pass, Observed(8, Good, 60, Five, analysis).Decide(Ten).Verdict);
    }

    [Fact]
    public void A_cohort_at_a_hundred_percent_is_compared_for_harm_only()
    {
        var (good, bad) = (Harm(Good), Harm(Good with { Errors = 0.05 }));
        Assert.Equal(Verdict.Unsure, good.Verdict);
        Assert.Contains("outside the cohort", good.Reason, StringComparison.Ordinal);
        Assert.Equal(Verdict.Fail, bad.Verdict);

        static Judgement Harm(Version version)
        {
            var traffic = new Simulation(9, 1500, 5);
            var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
            for (var i = 0; i < 60; i++) judge.ObserveHarm(traffic.Next(Good, version, Weights.OfCandidate(5000)));
            return judge.Decide(Weights.AllCandidate);
        }
    }

    [Fact]
    public void Copies_of_requests_show_harm_and_never_pass_nor_speak_of_a_split()
    {
        var (good, bad) = (Shadowed(Good, 60), Shadowed(Good with { Errors = 0.05 }, 60));
        Assert.Equal(Verdict.Unsure, good.Verdict);
        Assert.StartsWith("compared on copies of requests for harm only", good.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(good.Findings, f => f.Signal == "traffic");
        Assert.Equal(Verdict.Fail, bad.Verdict);
        Assert.Equal(Verdict.Fail, Shadowed(Good with { MedianSeconds = Good.MedianSeconds * 2 }, 200).Verdict);

        static Judgement Shadowed(Version version, int ticks)
        {
            var traffic = new Simulation(9, 1500, 5);
            var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
            for (var i = 0; i < ticks; i++)
                judge.ObserveShadow(
                    traffic.Next(Good, version, Weights.OfCandidate(909)) with { Weights = Weights.AllStable, AssignsRequests = true });
            var saved = new ArrayBufferWriter<byte>();
            judge.Save(saved);
            return Judge.Restore(saved.WrittenSpan, Analysis.Default)!.Decide(Weights.OfCandidate(500));
        }
    }

    [Fact]
    public void A_few_copies_prove_no_harm_and_are_beyond_the_margin_when_many_of_them_fail()
    {
        var first = Shadowed(Good with { Errors = 0.5 });
        Assert.Equal(Verdict.Unsure, first.Verdict);
        Assert.InRange(first.Evidence, 1, Verdicts.Caution);
        Assert.Equal("errors", first.Beyond);
        Assert.Null(Shadowed(Good).Beyond);

        // About a hundred copies, half of which fail.
        static Judgement Shadowed(Version version)
        {
            var traffic = new Simulation(9, 1100, 1);
            var judge = new Judge(Analysis.Default with { Tick = TimeSpan.FromSeconds(1) }, new Baseline());
            judge.ObserveShadow(traffic.Next(Good, version, Weights.OfCandidate(909)));
            return judge.Decide(Weights.AllCandidate);
        }
    }

    [Fact]
    public void After_a_shadow_what_was_found_of_harm_stays_and_what_must_be_shown_begins()
    {
        var traffic = new Simulation(9, 1500, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
        for (var i = 0; i < 120; i++) judge.ObserveShadow(traffic.Next(Good, Good, Weights.OfCandidate(909)));
        judge.Observe(traffic.Next(Good, Good, Weights.OfCandidate(500)));
        Assert.Equal(Verdict.Unsure, judge.Decide(Weights.OfCandidate(1000)).Verdict);
        for (var i = 0; i < 120; i++) judge.Observe(traffic.Next(Good, Good, Weights.OfCandidate(500)));
        Assert.Equal(Verdict.Pass, judge.Decide(Weights.OfCandidate(1000)).Verdict);
    }

    [Theory]
    [InlineData(0.08, 0.001, Verdict.Unsure, null)]
    [InlineData(0.08, 0.05, Verdict.Fail, "errors (historical)")]
    [InlineData(0.12, 0.0, Verdict.Fail, "latency")]
    [InlineData(0.086, 0.0, Verdict.Unsure, null)]
    public void At_a_hundred_percent_the_frozen_past_stands_in(double median, double errors, Verdict verdict, string? blame)
    {
        var traffic = new Simulation(10, 300, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 1200));
        for (var i = 0; i < 120; i++)
            judge.ObserveHistorical(traffic.Next(Good, new Version(median, 0.25, errors), Weights.AllCandidate));
        var judgement = judge.Decide(Weights.AllCandidate);
        Assert.Equal(verdict, judgement.Verdict);
        if (blame is not null) Assert.StartsWith(blame, judgement.Blame, StringComparison.Ordinal);
        Assert.All(judgement.Findings, f => Assert.EndsWith(" (historical)", f.Signal, StringComparison.Ordinal));
    }

    [Fact]
    public void A_jump_of_the_weight_skips_two_looks_at_latency()
    {
        var traffic = new Simulation(11, 1500, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
        for (var i = 0; i < 20; i++) judge.Observe(traffic.Next(Good, Good, Five));
        var before = judge.Evidence.Latency[0].Seen;
        judge.Observe(traffic.Next(Good, Good, Weights.OfCandidate(2500)));
        judge.Observe(traffic.Next(Good, Good, Weights.OfCandidate(2500)));
        Assert.Equal(before, judge.Evidence.Latency[0].Seen);
        judge.Observe(traffic.Next(Good, Good, Weights.OfCandidate(2500)));
        Assert.NotEqual(before, judge.Evidence.Latency[0].Seen);
    }

    [Fact]
    public void The_boundary_is_drawn_again_when_stable_itself_moves()
    {
        var traffic = new Simulation(12, 1500, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 600));
        for (var i = 0; i < 20; i++) judge.Observe(traffic.Next(Good, Good, Five));
        var before = judge.Evidence.Latency[2].Boundary;
        var slower = Good with { MedianSeconds = 0.2 };
        for (var i = 0; i < 400; i++) judge.Observe(traffic.Next(slower, slower, Five));
        Assert.True(judge.Evidence.Latency[2].Boundary!.Value.Bucket > before!.Value.Bucket);
        Assert.NotEqual(Verdict.Fail, judge.Decide(Ten).Verdict);
    }

    [Fact]
    public void A_look_allocates_nothing()
    {
        var traffic = new Simulation(13, 300, 1);
        var judge = new Judge(Analysis.Default with { Tick = TimeSpan.FromSeconds(1) }, traffic.Past(Good, 60));
        var tick = traffic.Next(Good with { Errors = 0.01 }, Good with { Errors = 0.01 }, Weights.OfCandidate(5000));
        for (var i = 0; i < 300; i++) judge.Observe(tick);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var i = 0; i < 300; i++)
            {
                judge.Observe(tick);
                judge.ObserveHarm(tick);
                judge.ObserveShadow(tick);
                judge.ObserveHistorical(tick);
            }
        }));
    }

    private static Judge Observed(int seed, Version candidate, int ticks, Weights weights, Analysis? analysis = null)
    {
        var traffic = new Simulation(seed, 1500, 5);
        var judge = new Judge(analysis ?? Analysis.Default, traffic.Past(Good, 600));
        for (var i = 0; i < ticks; i++) judge.Observe(traffic.Next(Good, candidate, weights));
        return judge;
    }

    private static Tick Constant(double stableSeconds, double candidateSeconds)
    {
        return new Tick(5, Of(4000, stableSeconds), Of(1000, candidateSeconds), Weights.OfCandidate(2000), default, default);

        static Counts Of(int n, double seconds)
        {
            var counts = new Counts();
            counts.ByOutcome[(int)Outcome.Success] = n;
            counts.Latency[LatencyBuckets.IndexOf(seconds)] = n;
            return counts;
        }
    }
}

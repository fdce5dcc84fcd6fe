using System.Buffers;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Signals;

/// <summary>Requests whose clients left: samples cut short, of which only the survivors' answers would be counted otherwise.</summary>
public class AbandonedTests(ITestOutputHelper output)
{
    private static readonly Leaving Patient = new();

    [Theory]
    [InlineData(0.3, 500)]
    [InlineData(0.3, 5000)]
    [InlineData(1, 500)]
    [InlineData(1, 5000)]
    [InlineData(1, 100)]
    public void A_candidate_that_hangs_until_its_clients_leave_fails_within_a_minute_of_50_requests_a_second(double hangs, int weight)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var traffic = new Impatience(seed, 50);
            var judge = new Judge(Analysis.Default, traffic.Past(Patient, 300));
            var seconds = 0;
            // A rollout of 1 % sees a request in two seconds.
            var most = weight < 500 ? 150 : 45;
            for (; judge.VerdictFor(Weights.OfCandidate(9500)) != Verdict.Fail && seconds < most; seconds += 5)
            {
                judge.Observe(traffic.Next(Patient, Patient with { Hangs = hangs }, Weights.OfCandidate(weight)));
                var reason = judge.Decide(Weights.AllCandidate).Reason;
                Assert.DoesNotContain("no data", reason, StringComparison.Ordinal);
            }

            var decided = judge.Decide(Weights.AllCandidate);
            Assert.True(decided.Verdict == Verdict.Fail, $"{hangs:P0} at {weight}, seed {seed}: {decided.Reason}");
            if (seed == 1) output.WriteLine($"{hangs:P0} at {weight}: {seconds} s, {decided.Reason}");
        }
    }

    [Fact]
    public void Survivors_that_are_quick_do_not_show_a_candidate_to_be_no_slower()
    {
        // So few hang that nothing fails, and those who stay are answered as ever.
        var traffic = new Impatience(3, 400);
        var judge = new Judge(Analysis.Default, traffic.Past(Patient, 300));
        for (var i = 0; i < 720; i++)
        {
            judge.Observe(traffic.Next(Patient, Patient with { Hangs = 0.01 }, Weights.OfCandidate(5000)));
            Assert.NotEqual(Verdict.Pass, judge.VerdictFor(Weights.AllCandidate));
        }
    }

    [Fact]
    public void Clients_that_leave_before_anything_is_known_of_a_version_neither_fail_nor_pass_it()
    {
        // They leave the candidate alone, and sooner than half of stable's answers come.
        for (var seed = 1; seed <= 10; seed++)
        {
            var traffic = new Impatience(seed, 200);
            var judge = new Judge(Analysis.Default, traffic.Past(Patient, 300));
            for (var i = 0; i < 360; i++)
            {
                judge.Observe(traffic.Next(Patient, Patient with { Restless = 0.7, LeaveAt = 0.01 }, Weights.OfCandidate(2500)));
                Assert.Equal(Verdict.Unsure, judge.VerdictFor(Weights.AllCandidate));
            }
        }
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.16)]
    [InlineData(1)]
    public void Nobody_makes_an_equal_version_fail_by_leaving_it_at_a_moment_of_choice(double leaveAt)
    {
        // Every client of the candidate does, and none of stable's.
        var failed = Enumerable.Range(1, 40).Count(seed =>
        {
            var traffic = new Impatience(seed, 100);
            var judge = new Judge(Analysis.Default, traffic.Past(Patient, 300));
            var left = Patient with { Restless = 1, LeaveAt = leaveAt };
            for (var i = 0; i < 240; i++) judge.Observe(traffic.Next(Patient, left, Weights.OfCandidate(2500)));
            return judge.VerdictFor(Weights.AllCandidate) == Verdict.Fail;
        });
        Assert.InRange(failed, 0, 2);
    }

    [Theory]
    [InlineData(0, 0.05, 0.05, 2)]
    [InlineData(0.02, 0.05, 0.05, 2)]
    [InlineData(0.3, 0.05, 0.05, 2)]
    [InlineData(0, 0.8, 0.3, 2)]
    [InlineData(0, 0.05, 1, 0.2)]
    [InlineData(0.1, 0.3, 0.5, 0.4)]
    public void Equal_arms_that_are_left_alike_fail_no_more_often_than_alpha(double hangs, double median, double restless, double patience)
    {
        // 20 minutes at 40 requests/s, 10 and then 50 %; looked at after every tick.
        const int Runs = 150;
        var alike = new Leaving(hangs, median, patience, restless, Errors: 0.005);
        var failed = Enumerable.Range(1, Runs).Count(seed =>
        {
            var traffic = new Impatience(seed, 40);
            var judge = new Judge(Analysis.Default, traffic.Past(alike, 600));
            for (var i = 0; i < 240; i++)
            {
                judge.Observe(traffic.Next(alike, alike, Weights.OfCandidate(i < 60 ? 1000 : 5000)));
                if (judge.VerdictFor(Weights.AllCandidate) == Verdict.Fail) return true;
            }

            return false;
        });
        output.WriteLine($"{failed} of {Runs}");
        Assert.InRange(failed, 0, 4);
    }

    [Fact]
    public void Equal_arms_that_are_rarely_left_pass()
    {
        var alike = new Leaving(Restless: 0.001);
        var traffic = new Impatience(1, 400);
        var judge = new Judge(Analysis.Default, traffic.Past(alike, 300));
        var ticks = 0;
        for (; judge.VerdictFor(Weights.AllCandidate) != Verdict.Pass && ticks < 1440; ticks++)
            judge.Observe(traffic.Next(alike, alike, Weights.OfCandidate(5000)));
        output.WriteLine($"after {ticks * 5 / 60} min");
        Assert.InRange(ticks, 1, 1439);
    }

    [Fact]
    public void An_abandoned_request_is_slower_than_what_lies_below_its_time_and_for_the_candidate_perhaps_than_all()
    {
        var counts = new Counts();
        counts.Latency[100] = 7;
        counts.Latency[300] = 2;
        counts.Abandon()[200] = 5;
        var boundary = new LatencyBoundary(150, 0, 0.1);
        Assert.Equal((7, 2), (boundary.Count(counts, 0), boundary.Count(counts, 50)));
        Assert.Equal((7, 7, 5), (boundary.CountAtMost(counts, 0), boundary.CountAtMost(counts, 50), boundary.CountAtMost(counts, 200)));
        Assert.Equal(14, PairCounts.OfLatency(new Tick(5, counts, counts, Weights.OfCandidate(500), default, default)).CandidateN);
    }

    [Fact]
    public void Only_what_was_abandoned_late_speaks_to_the_guard()
    {
        var (stable, candidate) = (new Counts(), new Counts());
        (stable.ByOutcome[0], candidate.ByOutcome[0]) = (900, 60);
        (candidate.Late, candidate.CappedLate, stable.CappedLate) = (40, 30, 1);
        candidate.Abandon()[200] = 100;
        candidate.ByOutcome[(int)Outcome.ServerError] = candidate.CappedFailures = 2;
        var tick = new Tick(5, stable, candidate, Weights.OfCandidate(500), default, default);
        Assert.Equal(new PairCounts(92, 32, 901, 1), PairCounts.OfGuard(tick, PairCounts.OfErrors(tick)));
        Assert.Equal(new PairCounts(62, 2, 900, 0), PairCounts.OfErrors(tick));
    }

    [Fact]
    public void Evidence_of_what_was_abandoned_survives_saving_bit_for_bit()
    {
        var (one, other) = (new Impatience(4, 200), new Impatience(4, 200));
        var leaving = new Leaving(Hangs: 0.004, Restless: 0.02);
        var uninterrupted = new Judge(Analysis.Default, one.Past(Patient, 300));
        var interrupted = new Judge(Analysis.Default, other.Past(Patient, 300));
        for (var i = 0; i < 120; i++)
        {
            var (of, how) = (Weights.OfCandidate(i < 60 ? 500 : 2500), i < 10 ? Patient : leaving);
            uninterrupted.Observe(one.Next(how, how, of));
            interrupted = Judge.Restore(Save(interrupted), Analysis.Default)!;
            interrupted.Observe(other.Next(how, how, of));
            Assert.Equal(Save(uninterrupted), Save(interrupted));
        }

        Assert.True(uninterrupted.Evidence.Errors.GuardsWaits);
        Assert.Equal(uninterrupted.Decide(Weights.AllCandidate).Reason, interrupted.Decide(Weights.AllCandidate).Reason);
    }

    [Fact]
    public void Observing_what_was_abandoned_allocates_nothing()
    {
        var traffic = new Impatience(5, 200);
        var leaving = new Leaving(Hangs: 0.01, Restless: 0.02);
        var judge = new Judge(Analysis.Default, traffic.Past(leaving, 300));
        var tick = traffic.Next(leaving, leaving, Weights.OfCandidate(2500));
        judge.Observe(tick);
        Assert.Equal(0, Allocations.LeastOf(() =>
        {
            for (var i = 0; i < 50; i++) judge.Observe(tick);
        }));
    }

    private static byte[] Save(Judge judge)
    {
        var buffer = new ArrayBufferWriter<byte>();
        judge.Save(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}

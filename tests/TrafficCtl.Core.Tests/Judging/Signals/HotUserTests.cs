using System.Buffers;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Signals;

/// <summary>One user weighs little, and is seen.</summary>
public class HotUserTests(ITestOutputHelper output)
{
    private static readonly Version Good = new(Errors: 0.002);

    [Theory]
    [InlineData(150, 150, 0, 0, true)]
    [InlineData(50, 50, 0, 0, true)]
    [InlineData(49, 49, 0, 0, false)]
    [InlineData(150, 4, 0, 0, false)]
    [InlineData(150, 7, 0, 0, false)]
    [InlineData(150, 8, 0, 0, true)]
    [InlineData(150, 150, 100, 100, false)]
    [InlineData(150, 60, 100, 13, false)]
    [InlineData(150, 60, 100, 12, true)]
    public void A_user_of_a_twentieth_of_the_requests_that_fails_here_and_not_on_stable_holds(
        long requests, long errors, long stableRequests, long stableErrors, bool holds)
    {
        var judge = Passing(new TopUser(0xdeadbeef, requests, errors, 1000, stableRequests, stableErrors));
        var judgement = judge.Decide(Weights.AllCandidate);

        Assert.Equal(holds ? Verdict.Unsure : Verdict.Pass, judgement.Verdict);
        Assert.Equal(judgement.Verdict, judge.VerdictFor(Weights.AllCandidate));
        Assert.Equal(holds, judgement.Findings.Any(f => f.Signal == HotUserKind.Failing.Signal));
        if (!holds) return;
        var share = $"one user (deadbeef) makes {requests / 10} % of the candidate's requests";
        Assert.Contains(share, judgement.Reason, StringComparison.Ordinal);
        Assert.Contains("it holds, it does not roll back", judgement.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(150, 150, 300, 0, true)]
    [InlineData(49, 49, 300, 0, false)]
    [InlineData(150, 15, 300, 0, false)]
    [InlineData(150, 16, 300, 0, true)]
    [InlineData(150, 150, 300, 300, false)]
    [InlineData(150, 150, 0, 0, false)]
    [InlineData(150, 150, 19, 0, false)]
    [InlineData(150, 150, 20, 0, true)]
    public void A_user_of_a_twentieth_of_the_requests_that_is_refused_here_and_not_on_stable_holds_and_a_scanner_does_not(
        long requests, long errors, long stableRequests, long stableErrors, bool holds)
    {
        var judge = Passing(default, new TopUser(0xdeadbeef, requests, errors, 1000, stableRequests, stableErrors));
        var judgement = judge.Decide(Weights.AllCandidate);

        Assert.Equal(holds ? Verdict.Unsure : Verdict.Pass, judgement.Verdict);
        Assert.Equal(judgement.Verdict, judge.VerdictFor(Weights.AllCandidate));
        Assert.Equal(holds, judgement.Findings.Any(f => f.Signal == HotUserKind.Refused.Signal));
        if (!holds) return;
        Assert.Contains("top user client errors: one user (deadbeef) makes 15 % of the", judgement.Reason, StringComparison.Ordinal);
        Assert.Contains("were answered 4xx there, 0 % of", judgement.Reason, StringComparison.Ordinal);
        var buffer = new ArrayBufferWriter<byte>();
        judge.Save(buffer);
        Assert.Equal(judgement.Reason, Judge.Restore(buffer.WrittenSpan, Analysis.Default)!.Decide(Weights.AllCandidate).Reason);
    }

    [Fact]
    public void A_user_that_fails_as_everybody_does_does_not_hold()
    {
        var (traffic, failing) = (new Simulation(2, 400, 5), new Version(Errors: 0.3));
        var judge = new Judge(Analysis.Default, traffic.Past(failing, 300));
        var top = new TopUser(1, 100, 40, 1000, 0, 0);
        for (var i = 0; i < 60; i++) judge.Observe(traffic.Next(failing, failing, Weights.OfCandidate(5000)) with { Top = top });
        Assert.False(judge.Evidence.HotUser.Holds);
    }

    [Fact]
    public void It_is_remembered_over_a_restart_until_the_next_word_of_it()
    {
        var judge = Passing(new TopUser(7, 150, 150, 1000, 3, 0));
        var buffer = new ArrayBufferWriter<byte>();
        judge.Save(buffer);
        var restored = Judge.Restore(buffer.WrittenSpan, Analysis.Default)!;
        Assert.Equal(judge.Decide(Weights.AllCandidate).Reason, restored.Decide(Weights.AllCandidate).Reason);

        var traffic = new Simulation(9, 400, 5);
        restored.Observe(traffic.Next(Good, Good, Weights.OfCandidate(5000)));
        Assert.True(restored.Evidence.HotUser.Holds);
        restored.Observe(traffic.Next(Good, Good, Weights.OfCandidate(5000)) with { Top = new TopUser(7, 150, 1, 1000, 3, 0) });
        Assert.False(restored.Evidence.HotUser.Holds);
    }

    [Fact]
    public void Requests_of_a_user_beyond_its_third_failure_are_in_no_count_that_is_judged()
    {
        var (stable, candidate) = (new Counts(), new Counts { CappedFailures = 3, Excess = 90 });
        (stable.ByOutcome[0], candidate.ByOutcome[0], candidate.ByOutcome[(int)Outcome.ServerError]) = (1000, 107, 93);
        var tick = new Tick(5, stable, candidate, Weights.OfCandidate(1000), default, default);
        Assert.Equal(new PairCounts(110, 3, 1000, 0), PairCounts.OfErrors(tick));
    }

    [Fact]
    public void The_finding_of_errors_says_that_nothing_is_capped()
    {
        var traffic = new Simulation(3, 400, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 300));
        judge.Observe(traffic.Next(Good, Good, Weights.OfCandidate(5000)) with { IsUncapped = true });
        var errors = judge.Decide(Weights.AllCandidate).Findings[0];
        Assert.Contains("fewer than 4 users make half of the traffic", errors.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_arms_whose_users_are_left_out_after_their_third_failure_fail_no_more_often_than_alpha()
    {
        // 60 users of very different rates, a few of whom make much of the traffic; half an hour, 20 % on the candidate.
        const int Runs = 150, Users = 60;
        var failed = Enumerable.Range(1, Runs).Count(seed =>
        {
            var chance = new Chance(seed);
            double[] weight = [.. Enumerable.Range(1, Users).Select(i => 1.0 / i)];
            double[] rate = [.. weight.Select(_ => chance.Uniform() < 0.2 ? 0.3 : 0.002)];
            bool[] isCandidate = [.. weight.Select(_ => chance.Uniform() < 0.2)];
            var (failures, counts) = (new int[Users], new[] { new Counts(), new Counts() });
            var judge = new Judge(Analysis.Default, new Baseline());
            for (var tick = 0; tick < 360; tick++)
            {
                if (tick % 120 == 0) Array.Clear(failures);
                foreach (var arm in counts) arm.Clear();
                for (var user = 0; user < Users; user++)
                {
                    var arm = counts[isCandidate[user] ? 1 : 0];
                    for (var left = chance.Poisson(20 * weight[user]); left > 0; left--)
                        Request(arm, ref failures[user], chance.Uniform() < rate[user]);
                }

                judge.Observe(new Tick(5, counts[0], counts[1], Weights.OfCandidate(2000), default, default));
                if (judge.VerdictFor(Weights.AllCandidate) == Verdict.Fail) return true;
            }

            return false;
        });
        output.WriteLine($"{failed} of {Runs}");
        Assert.InRange(failed, 0, 4);

        static void Request(Counts arm, ref int failures, bool fails)
        {
            arm.ByOutcome[(int)(fails ? Outcome.ServerError : Outcome.Success)]++;
            if (failures == 3)
            {
                arm.Excess++;
                return;
            }

            arm.Latency[200]++;
            if (!fails) return;
            failures++;
            arm.CappedFailures++;
        }
    }

    private static Judge Passing(TopUser top, TopUser client = default)
    {
        var traffic = new Simulation(1, 1500, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 300));
        for (var i = 0; i < 120; i++)
            judge.Observe(traffic.Next(Good, Good, Weights.OfCandidate(5000)) with { Top = top, TopClient = client });
        return judge;
    }
}

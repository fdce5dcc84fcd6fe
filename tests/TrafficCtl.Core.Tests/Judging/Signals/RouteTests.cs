using System.Buffers;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Signals;

public class RouteTests
{
    private static readonly Weights Five = Weights.OfCandidate(500);

    [Theory]
    [InlineData(200, 0.01, 10)]
    [InlineData(1000, 0.001, 30)]
    public void A_route_that_fails_wholly_is_found_while_little_of_it_is_exposed_and_named(double rps, double share, int minutes)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var (traffic, judge) = Begin(seed, rps, RouteTraffic.Fifty(share));
            var judgement = Until(judge, traffic, Five, new RouteManner(Errors: 1), minutes * 60);
            Assert.Equal(Verdict.Fail, judgement.Verdict);
            Assert.Contains("/aa: candidate errors 100 % of", judgement.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_route_that_takes_four_times_as_long_is_found_and_named()
    {
        var (traffic, judge) = Begin(1, 500, RouteTraffic.Fifty(0.002));
        var judgement = Until(judge, traffic, Weights.OfCandidate(2500), new RouteManner(Slower: 4), 1800);
        Assert.Equal(Verdict.Fail, judgement.Verdict);
        Assert.Contains("/aa: slower than", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_that_is_answered_with_404_holds_and_is_named()
    {
        var traffic = new RouteTraffic(8, 200, RouteTraffic.Fifty(0.01)) { TellsClientErrors = true };
        var judge = new Judge(Analysis.Default, traffic.Past(), traffic.Groups);
        for (var t = 0.0; t < 600; t += RouteTraffic.Seconds) judge.Observe(traffic.Next(Five, new RouteManner(Refused: 1)));
        var judgement = judge.Decide(Weights.OfCandidate(1000));
        Assert.Equal(Verdict.Unsure, judgement.Verdict);
        Assert.StartsWith("advisory signal worse:", judgement.Reason, StringComparison.Ordinal);
        Assert.Contains("/aa: candidate client errors", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Fifty_routes_that_are_as_good_as_before_fail_no_version()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var (traffic, judge) = Begin(100 + seed, 200, RouteTraffic.Fifty(0.02));
            Assert.NotEqual(Verdict.Fail, Until(judge, traffic, Weights.OfCandidate(1000), null, 1800).Verdict);
        }
    }

    [Fact]
    public void One_client_that_fails_on_one_route_for_hours_rolls_nothing_back()
    {
        var (traffic, judge) = Begin(2, 50, RouteTraffic.Fifty(0.01));
        traffic.User = () => 1L << 17;
        var judgement = Until(judge, traffic, Five, new RouteManner(Errors: 0.5), 3600);
        Assert.NotEqual("route errors", judgement.Blame);
        var finding = judgement.Findings.Single(f => f.Signal == "route errors");
        Assert.Contains("of fewer than 3 users", finding.Text, StringComparison.Ordinal);
        Assert.InRange(finding.Evidence, double.NegativeInfinity, 0);
    }

    [Fact]
    public void A_failure_of_all_requests_names_the_route_that_it_is_on()
    {
        var (traffic, judge) = Begin(3, 2000, RouteTraffic.Fifty(0.3));
        var judgement = Until(judge, traffic, Weights.OfCandidate(2500), new RouteManner(Errors: 1), 600);
        Assert.Equal(Verdict.Fail, judgement.Verdict);
        Assert.Contains("/aa: candidate errors 100 % of", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_of_one_route_is_told_of_no_route()
    {
        var (traffic, judge) = Begin(9, 2000, [0.9, 0.1]);
        var judgement = Until(judge, traffic, Weights.OfCandidate(2500), new RouteManner(Errors: 0.3), 600);
        Assert.Equal(Verdict.Fail, judgement.Verdict);
        Assert.DoesNotContain("most of it on", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Routes_are_never_needed_for_a_pass()
    {
        var (traffic, judge) = Begin(4, 500, [0.5, 0.49, 0.01]);
        var judgement = Until(judge, traffic, Five, null, 300);
        Assert.Equal(Verdict.Pass, judgement.Verdict);
        Assert.DoesNotContain("route", judgement.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_routes_a_judge_weighs_and_saves_as_if_there_were_none()
    {
        var traffic = new RouteTraffic(5, 200, 0.5, 0.5);
        var past = traffic.Past();
        var (off, none) = (new Judge(Analysis.Default with { Routes = null }, past, traffic.Groups), new Judge(Analysis.Default, past));
        for (var i = 0; i < 60; i++)
        {
            var tick = traffic.Next(Five, null);
            off.Observe(tick);
            none.Observe(tick);
        }

        Assert.Equal(Bytes(none), Bytes(off));
        Assert.DoesNotContain(none.Decide(Five).Findings, f => f.Signal.StartsWith("route", StringComparison.Ordinal));
    }

    [Fact]
    public void A_judge_of_fifty_routes_continues_bit_for_bit_and_takes_at_most_64_KiB()
    {
        var (traffic, judge) = Begin(6, 2000, RouteTraffic.Fifty(0.02));
        var (same, other) = Begin(6, 2000, RouteTraffic.Fifty(0.02));
        for (var i = 0; i < 120; i++)
        {
            judge.Observe(traffic.Next(Five, new RouteManner(0.01, 1.3)));
            other = Judge.Restore(Bytes(other), Analysis.Default)!;
            other.Observe(same.Next(Five, new RouteManner(0.01, 1.3)));
            Assert.Equal(traffic.Groups, other.Paths);
        }

        Assert.Equal(Bytes(judge), Bytes(other));
        Assert.InRange(Bytes(judge).Length, 20_000, 64 * 1024);
    }

    [Fact]
    public void A_look_at_fifty_routes_allocates_nothing()
    {
        var (traffic, judge) = Begin(7, 500, RouteTraffic.Fifty(0.02));
        for (var i = 0; i < 20; i++) judge.Observe(traffic.Next(Five, null));
        var tick = traffic.Next(Five, null);
        Assert.Equal(0, Allocations.LeastOf(() => judge.Observe(tick)));
    }

    private static (RouteTraffic Traffic, Judge Judge) Begin(int seed, double rps, double[] shares)
    {
        var traffic = new RouteTraffic(seed, rps, shares);
        return (traffic, new Judge(Analysis.Default, traffic.Past(), traffic.Groups));
    }

    private static Judgement Until(Judge judge, RouteTraffic traffic, Weights weights, RouteManner? broken, double seconds)
    {
        for (var t = 0.0; t < seconds; t += RouteTraffic.Seconds)
        {
            judge.Observe(traffic.Next(weights, broken));
            if (judge.VerdictFor(weights) == Verdict.Fail) break;
        }

        return judge.Decide(weights);
    }

    private static byte[] Bytes(Judge judge)
    {
        var bytes = new ArrayBufferWriter<byte>();
        judge.Save(bytes);
        return bytes.WrittenSpan.ToArray();
    }
}

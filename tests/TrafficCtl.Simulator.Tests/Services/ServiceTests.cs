using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Chances;
using TrafficCtl.Simulator.Services;
using Xunit;

namespace TrafficCtl.Simulator.Tests.Services;

public class ServiceTests
{
    private static readonly Weights Tenth = Weights.OfCandidate(1000);

    [Fact]
    public void Counts_are_conserved_in_every_scenario_and_placebos_are_part_of_stable()
    {
        foreach (var scenario in ScenarioCatalog.All)
        {
            foreach (var rps in new[] { 5.0, 300, 2000 })
            {
                var service = new Service(scenario, rps, 7, 600, Tick.MostPlacebos);
                for (var i = 0; i < 40; i++)
                {
                    var tick = service.Next(Tenth);
                    Assert.All([tick.Stable, tick.Candidate, .. tick.Placebos!], IsWhole);
                    for (var b = 0; b < tick.Stable.Latency.Length; b++)
                        Assert.True(tick.Placebos!.Sum(p => p.Latency[b]) <= tick.Stable.Latency[b]);
                    Assert.True(tick.Placebos!.Sum(p => p.CappedFailures) <= tick.Stable.CappedFailures);
                }

                Assert.Equal(200, service.Now);
                Assert.Equal(600, service.Past.Seconds);
            }
        }

        static void IsWhole(Counts counts)
        {
            Assert.Equal(counts.Requests, counts.Latency.Sum());
            Assert.InRange(counts.CappedFailures, 0, counts.Failures);
            Assert.InRange(counts.Failures, 0, counts.Requests);
            Assert.All(counts.Latency, n => Assert.True(n >= 0));
            Assert.True(counts.Requests < 50 || counts.LatencySum / counts.Requests is > 0.02 and < 5.5);
        }
    }

    [Fact]
    public void A_seed_is_a_world_and_another_seed_another_one()
    {
        foreach (var scenario in ScenarioCatalog.All)
        {
            var (first, again, other) = (
                new Service(scenario, 100, 7, 600, 2), new Service(scenario, 100, 7, 600, 2), new Service(scenario, 100, 8, 600, 2));
            var same = true;
            for (var i = 0; i < 20; i++)
            {
                var (a, b, c) = (first.Next(Tenth), again.Next(Tenth), other.Next(Tenth));
                Assert.Equal(a.Stable.Latency, b.Stable.Latency);
                Assert.Equal(a.Candidate.Latency, b.Candidate.Latency);
                Assert.Equal((a.Stable.Failures, a.StableUsers, a.CandidateFlow), (b.Stable.Failures, b.StableUsers, b.CandidateFlow));
                same &= a.Stable.Latency.SequenceEqual(c.Stable.Latency);
            }

            Assert.False(same);
        }
    }

    [Fact]
    public void Traffic_splits_by_weight_and_fails_at_the_given_rates()
    {
        var (stable, candidate) = Sum(ScenarioCatalog.Find("err.5-5")!, 1000, 1440);
        Near(1000 * 7200 * 0.9, stable.Requests, Math.Sqrt(6_480_000));
        Near(1000 * 7200 * 0.1, candidate.Requests, Math.Sqrt(720_000));
        Near(0.005 * stable.Requests, stable.Failures, Math.Sqrt(0.005 * stable.Requests));
        Near(0.05 * candidate.Requests, candidate.Failures, Math.Sqrt(0.05 * candidate.Requests));
    }

    [Fact]
    public void A_placebo_gets_as_much_of_stable_as_its_instances_are_of_it()
    {
        var service = new Service(ScenarioCatalog.Find("null")!, 1000, 3, 0, Tick.MostPlacebos);
        var (stable, placebos) = (0.0, new double[Tick.MostPlacebos]);
        for (var i = 0; i < 500; i++)
        {
            var tick = service.Next(Tenth);
            stable += tick.Stable.Requests;
            for (var p = 0; p < placebos.Length; p++) placebos[p] += tick.Placebos![p].Requests;
        }

        Assert.All(placebos, n => Near(stable / 9, n, Math.Sqrt(stable / 9)));
    }

    [Theory]
    [InlineData(2, 3)]
    [InlineData(5, 9)]
    public void Errors_in_clumps_keep_their_rate_and_are_dispersed_as_much_as_the_clumps(double clump, double dispersion)
    {
        var scenario = new Scenario("", "", true) { ErrorRate = 0.01, Clump = clump };
        var service = new Service(scenario, 200, 1, 0, 0);
        var (sum, squares) = (0.0, 0.0);
        const int Ticks = 20_000;
        for (var i = 0; i < Ticks; i++)
        {
            var x = service.Next(Weights.AllStable).Stable.Failures;
            (sum, squares) = (sum + x, squares + ((x - 10.0) * (x - 10.0)));
        }

        Near(10 * Ticks, sum, Math.Sqrt(10 * dispersion * Ticks));
        Assert.InRange(squares / sum / dispersion, 0.94, 1.06);
    }

    [Fact]
    public void Noise_has_the_spread_and_the_memory_it_claims_and_less_of_it_on_the_larger_arm()
    {
        var scenario = new Scenario("", "", true) { ErrorRate = 0.1, Noise = new(0.3, 0) };
        var (candidate, stable) = Series(scenario, 20_000);
        // At 100,000 requests a tick what is left is the noise: ln rate has sd .3, and a third of it on nine times as many instances.
        Assert.InRange(Deviation(candidate), 0.28, 0.32);
        Assert.InRange(Deviation(stable), 0.093, 0.107);
        Assert.InRange(Correlation(candidate, 12), 0.30, 0.44); // e^-1 after 60 s.
        Assert.InRange(Correlation(candidate, 1), 0.90, 0.94); // e^-1/12 after 5 s.
    }

    [Fact]
    public void Offsets_stay_and_spread_by_the_root_of_the_instances()
    {
        var scenario = new Scenario("", "", true) { ErrorRate = 0.1, Offsets = new(0.3, 0) };
        var logs = new List<double>();
        for (var seed = 0UL; seed < 400; seed++)
        {
            var service = new Service(scenario, 20_000, seed, 0, 0);
            var tick = service.Next(Weights.OfCandidate(5000));
            var first = tick.Candidate.Failures / (double)tick.Candidate.Requests;
            logs.Add(Math.Log(first / 0.1));
            tick = service.Next(Weights.OfCandidate(5000));
            Assert.InRange(tick.Candidate.Failures / (double)tick.Candidate.Requests / first, 0.9, 1.1);
        }

        Assert.InRange(Deviation(logs), 0.3 / Math.Sqrt(3) * 0.9, 0.3 / Math.Sqrt(3) * 1.15);
    }

    [Fact]
    public void Incidents_come_as_often_and_last_as_long_as_asked()
    {
        var incidents = new Incidents(900, 30, 0.05, 0.10, 1.5, 0.2);
        var weather = new Weather(new Scenario("", "", true) { Incidents = incidents }, new Chance(4), 0);
        var (errors, latency) = (0.0, 0.0);
        const int Ticks = 1_000_000;
        for (var i = 0; i < Ticks; i++)
        {
            weather.Advance(i * 5, 5);
            (errors, latency) = (errors + weather.IncidentErrors, latency + weather.IncidentLatency);
        }

        // 30 s of every 930 s on average: 5,376 of them, give or take 73.
        Near(Ticks * 5 / 930.0, weather.Incident, 73);
        Near(30.0 / 930 * 0.5, latency / Ticks, 30.0 / 930 * 0.5 / 73);
        Near(30.0 / 930 * 0.075, errors / Ticks, 30.0 / 930 * 0.075 / 70);
    }

    [Fact]
    public void An_incident_hits_both_arms()
    {
        var scenario = new Scenario("", "", true) { ErrorRate = 0.001, Incidents = new(900, 60, 0.05, 0.10, 1.5, 0.2) };
        var service = new Service(scenario, 2000, 4, 0, 0);
        var (either, both) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var tick = service.Next(Weights.OfCandidate(5000));
            var (c, b) = (tick.Candidate.Failures > 0.02 * tick.Candidate.Requests, tick.Stable.Failures > 0.02 * tick.Stable.Requests);
            if (c || b) either++;
            if (c && b) both++;
        }

        Assert.InRange(either, 1000, 2000);
        Assert.InRange(both / (double)either, 0.95, 1);
    }

    [Fact]
    public void A_day_swings_traffic_and_errors()
    {
        var scenario = new Scenario("", "", true) { ErrorRate = 0.01, Daily = new(0.3, 0.5) };
        var service = new Service(scenario, 500, 4, 0, 0);
        var requests = new List<double>();
        for (var hour = 0; hour < 24; hour++)
        {
            var sum = 0L;
            for (var i = 0; i < 720; i++) sum += service.Next(Weights.AllStable).Stable.Requests;
            requests.Add(sum / 3600.0);
        }

        Assert.InRange(requests.Max(), 630, 655);
        Assert.InRange(requests.Min(), 345, 370);
        Assert.InRange(requests.Average(), 495, 505);
    }

    [Fact]
    public void Warming_up_ends_and_a_leak_goes_on()
    {
        var warm = new Service(ScenarioCatalog.Find("null_warm")!, 5000, 1, 600, 0);
        var first = warm.Next(Tenth);
        Assert.InRange(first.Candidate.Failures / (double)first.Candidate.Requests, 0.0025, 0.0075);
        for (var i = 0; i < 60; i++) warm.Next(Tenth);
        var (stable, candidate) = (0L, 0L);
        for (var i = 0; i < 200; i++)
        {
            var tick = warm.Next(Tenth);
            (stable, candidate) = (stable + tick.Stable.Failures, candidate + tick.Candidate.Failures);
        }

        Near(stable / 9.0, candidate, Math.Sqrt(stable / 9.0));

        var leak = new Service(ScenarioCatalog.Find("leak")!, 5000, 1, 600, 0);
        for (var i = 0; i < 240; i++) leak.Next(Tenth);
        var late = leak.Next(Tenth); // Minute 20: 0.1 % and 0.5 points, latency × 1.3.
        Assert.InRange(late.Candidate.Failures / (double)late.Candidate.Requests, 0.003, 0.009);
        Assert.InRange(late.Candidate.LatencySum / late.Candidate.Requests / (late.Stable.LatencySum / late.Stable.Requests), 1.2, 1.4);
    }

    [Fact]
    public void Bad_responses_are_what_the_candidate_adds()
    {
        var service = new Service(ScenarioCatalog.Find("err.1-1")!, 500, 1, 600, 0);
        for (var i = 0; i < 12; i++) service.Next(Tenth);
        Assert.Equal(60 * 50 * 0.009, service.BadResponses, 6);
        service.Skip(Weights.AllCandidate);
        Assert.Equal((60 * 50 * 0.009) + (5 * 500 * 0.009), service.BadResponses, 6);
        Assert.Equal(65, service.Now);

        var slower = new Service(ScenarioCatalog.Find("med+10")!, 500, 1, 600, 0);
        slower.Next(Weights.AllCandidate);
        Assert.Equal(2500 * (LatencyMixture.Stable.SlowerThanP99(1.1) - 0.01), slower.BadResponses, 4);

        var equal = new Service(ScenarioCatalog.Find("null_burst")!, 500, 1, 600, 0);
        equal.Next(Tenth);
        Assert.Equal(0, equal.BadResponses);
    }

    private static (Counts Stable, Counts Candidate) Sum(Scenario scenario, double rps, int ticks)
    {
        var service = new Service(scenario, rps, 11, 0, 0);
        var (stable, candidate) = (new Counts(LatencyMixture.Layout), new Counts(LatencyMixture.Layout));
        for (var i = 0; i < ticks; i++)
        {
            var tick = service.Next(Tenth);
            stable.Add(tick.Stable);
            candidate.Add(tick.Candidate);
        }

        return (stable, candidate);
    }

    private static (List<double> Candidate, List<double> Stable) Series(Scenario scenario, int ticks)
    {
        var service = new Service(scenario, 40_000, 2, 0, 0);
        var (candidate, stable) = (new List<double>(), new List<double>());
        for (var i = 0; i < ticks; i++)
        {
            var tick = service.Next(Weights.OfCandidate(5000));
            candidate.Add(Math.Log(tick.Candidate.Failures / (double)tick.Candidate.Requests));
            stable.Add(Math.Log(tick.Stable.Failures / (double)tick.Stable.Requests));
        }

        return (candidate, stable);
    }

    private static double Deviation(List<double> values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
    }

    private static double Correlation(List<double> values, int lag)
    {
        var (mean, sum) = (values.Average(), 0.0);
        for (var i = lag; i < values.Count; i++) sum += (values[i] - mean) * (values[i - lag] - mean);
        return sum / (values.Count - lag) / (Deviation(values) * Deviation(values));
    }

    private static void Near(double expected, double actual, double deviation) =>
        Assert.InRange(actual, expected - (4 * deviation), expected + (4 * deviation));
}

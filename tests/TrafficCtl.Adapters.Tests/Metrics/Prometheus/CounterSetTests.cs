using FsCheck.Fluent;
using TrafficCtl.Adapters.Metrics.Prometheus;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Prometheus;

public sealed class CounterSetTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000);

    private readonly CounterSet set = new();
    private readonly Processes processes = new();
    private readonly Dictionary<string, double> grown = [];

    [Fact]
    public void Counts_only_what_came_since_the_first_sample()
    {
        Look(0, ("p", 0, "a", 1000));
        Look(1, ("p", 1, "a", 1007));
        Assert.Equal(7, Grown("a"));
    }

    [Fact]
    public void Counts_all_of_a_counter_that_began_anew()
    {
        Look(0, ("p", 0, "a", 1000));
        Look(1, ("p", 1, "a", 4));
        Assert.Equal(4, Grown("a"));
    }

    [Fact]
    public void Takes_the_small_counters_of_a_process_that_began_anew_as_new_too()
    {
        Look(0, ("p", 0, "big", 1000), ("p", 0, "small", 1));
        Look(1, ("p", 1, "big", 30), ("p", 1, "small", 3));
        Assert.Equal(30, Grown("big"));
        Assert.Equal(3, Grown("small"));
    }

    [Fact]
    public void Never_counts_again_what_was_seen_of_the_new_life_before_the_rest_fell()
    {
        Look(0, ("p", 0, "a", 20), ("p", 0, "b", 5));
        Look(1, ("p", 1, "b", 15));
        Look(2, ("p", 2, "a", 3), ("p", 2, "b", 16));
        Assert.Equal(3, Grown("a"));
        Assert.Equal(11, Grown("b"));
    }

    [Fact]
    public void Never_counts_again_what_stays_when_a_process_drops_some_of_its_series()
    {
        Look(0, ("p", 0, "a", 1000), ("p", 0, "b", 5000));
        Look(1, ("p", 1, "a", 900), ("p", 1, "b", 5010));
        Look(2, ("p", 2, "a", 903), ("p", 2, "b", 5010));
        Assert.Equal(3, Grown("a"));
        Assert.Equal(10, Grown("b"));
    }

    [Fact]
    public void Takes_a_fall_for_dropped_series_when_nobody_could_have_counted_so_much_since()
    {
        Look(0, ("p", 0, "a", 900_000));
        Look(15, ("p", 15, "a", 901_500));
        Look(30, ("p", 30, "a", 400_000));
        Look(45, ("p", 45, "a", 401_500));
        Assert.Equal(3000, Grown("a"));
    }

    [Fact]
    public void Counts_a_newborn_series_in_full_when_its_process_was_watched_without_it()
    {
        Look(0, ("p", 0, "200", 50));
        Look(1, ("p", 1, "200", 60), ("p", 1, "500", 1));
        Assert.Equal(1, Grown("500"));
    }

    [Fact]
    public void Begins_a_process_that_nobody_watched_with_its_first_sample()
    {
        Look(0, ("p", 0, "200", 50));
        Look(1, ("p", 1, "200", 50), ("q", 1, "200", 70_000));
        Look(2, ("p", 2, "200", 50), ("q", 2, "200", 70_004), ("q", 2, "500", 2));
        Assert.Equal(6, Grown("200") + Grown("500"));
    }

    [Fact]
    public void Ignores_a_sample_that_is_not_newer()
    {
        Look(0, ("p", 10, "a", 100));
        Look(1, ("p", 11, "a", 130));
        Look(2, ("p", 10, "a", 100));
        Look(3, ("p", 11, "a", 130));
        Look(4, ("p", 12, "a", 131));
        Assert.Equal(31, Grown("a"));
    }

    [Fact]
    public void Goes_on_when_a_series_vanished_and_came_back()
    {
        Look(0, ("p", 0, "a", 100), ("p", 0, "b", 10));
        Look(1);
        Look(2, ("p", 2, "a", 105), ("p", 2, "b", 10));
        Assert.Equal(5, Grown("a"));
    }

    [Fact]
    public void Counts_a_series_that_vanished_over_a_restart_from_0()
    {
        Look(0, ("p", 0, "200", 100), ("p", 0, "500", 2));
        Look(1, ("p", 1, "200", 3));
        Look(2, ("p", 2, "200", 9), ("p", 2, "500", 5));
        Assert.Equal(9, Grown("200"));
        Assert.Equal(5, Grown("500"));
    }

    [Fact]
    public void Forgets_a_process_after_an_hour_rather_than_taking_it_for_newborn()
    {
        Look(0, ("p", 0, "a", 100), ("q", 0, "a", 7));
        Look(1, ("q", 1, "a", 7));
        Look(4000, ("q", 4000, "a", 7));
        Look(4001, ("p", 4001, "a", 300), ("p", 4001, "b", 5), ("q", 4001, "a", 7));
        Assert.Equal(0, Grown("a") + Grown("b"));
    }

    [Fact]
    public void Keeps_the_buckets_of_a_histogram_together_when_one_begins_anew()
    {
        Histogram(0, [10, 50, 100]);
        Histogram(1, [12, 12, 12]);
        Assert.Equal([12, 12, 12], sums);
    }

    /// <summary>
    /// Processes that count, restart, drop out, are scraped late or twice: what is counted never falls and never passes the truth.
    /// </summary>
    [Fact]
    public void No_interleaving_counts_negatively_or_twice() => Prop.ForAll(
        Gen.Choose(0, 6).ListOf(200).ToArbitrary(), Gen.Choose(0, 1_000_000).ToArbitrary(), (steps, seed) =>
        {
            var chance = new Random(seed);
            var counters = new CounterSet();
            var seen = new Processes();
            var truth = 0.0;
            var counted = 0.0;
            var lives = new Dictionary<string, Dictionary<string, double>>(StringComparer.Ordinal) { ["p"] = [], ["q"] = [] };
            var scrapes = new List<List<Unit>>();
            var time = 0;
            foreach (var step in steps)
            {
                time++;
                var process = chance.Next(2) == 0 ? "p" : "q";
                var life = lives[process];
                switch (step)
                {
                    case 0: life.Clear(); break;
                    case 1: break;
                    case 2 when scrapes.Count > 1:
                        Absorb(scrapes[chance.Next(scrapes.Count)]);
                        continue;
                    default:
                        foreach (var key in new[] { "a", "b", "c" })
                        {
                            if (chance.Next(3) == 0) continue;
                            var more = chance.Next(1, 20);
                            life[key] = life.GetValueOrDefault(key) + more;
                            truth += more;
                        }

                        break;
                }

                var shown = new List<Unit>();
                foreach (var (name, of) in lives)
                    if (chance.Next(8) > 0) shown.AddRange(of.Select(c => Of(name, time, c.Key, c.Value)));
                scrapes.Add(shown);
                Absorb(shown);
            }

            return counted <= truth;

            void Absorb(List<Unit> units)
            {
                counters.Absorb(units, seen, Start + TimeSpan.FromSeconds(time), (_, growth) =>
                {
                    Assert.All(growth, g => Assert.True(g >= 0));
                    counted += growth[^1];
                });
                seen.See(units.Select(u => u.Process).Distinct(), Start + TimeSpan.FromSeconds(time));
            }
        }).Holds(cases: 1000);

    private double[] sums = [0, 0, 0];

    private void Histogram(int at, double[] values)
    {
        var unit = new Unit("p", "h", default, Start + TimeSpan.FromSeconds(at), [0.1, 0.2], values);
        set.Absorb([unit], processes, Start + TimeSpan.FromSeconds(at), (_, growth) => sums = [.. sums.Zip(growth, (a, b) => a + b)]);
        processes.See(["p"], Start + TimeSpan.FromSeconds(at));
    }

    private static Unit Of(string process, int at, string key, double value) =>
        new(process, key, default, Start + TimeSpan.FromSeconds(at), [], [value]);

    private void Look(int at, params (string Process, int At, string Key, double Value)[] shown)
    {
        var units = shown.Select(s => Of(s.Process, s.At, s.Key, s.Value)).ToList();
        set.Absorb(units, processes, Start + TimeSpan.FromSeconds(at), (unit, growth) => grown[unit.Key] = Grown(unit.Key) + growth[^1]);
        processes.See(units.Select(u => u.Process).Distinct(), Start + TimeSpan.FromSeconds(at));
        processes.Forget(Start + TimeSpan.FromSeconds(at));
    }

    private double Grown(string key) => grown.GetValueOrDefault(key);
}

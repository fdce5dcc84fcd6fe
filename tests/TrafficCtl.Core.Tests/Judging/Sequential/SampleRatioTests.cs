using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Tests.Judging.State;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Sequential;

/// <summary>Statistics 3.7.</summary>
public class SampleRatioTests
{
    private const double Share = 0.01;

    [Theory]
    [InlineData(12, 0.1)]
    [InlineData(30, 0.5)]
    [InlineData(7, 0.95)]
    public void Each_bets_mean_is_exactly_one_under_the_nominal_weight(int n, double weight)
    {
        foreach (var odds in new[] { 0.5, 0.81, 0.9, 1.1, 1.4641, 2 })
        {
            var mean = 0.0;
            for (var x = 0; x <= n; x++) mean += Binomial(n, x, weight) * Math.Exp(SampleRatio.LogOf(x, n - x, weight, odds));
            Assert.Equal(1, mean, 12);
        }
    }

    /// <summary>All paths of three ticks: shares, tempering and the cap included.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_processes_mean_is_at_most_one_after_any_number_of_looks(double phi)
    {
        const int N = 6;
        const double Weight = 0.3;
        var mean = 0.0;
        for (var path = 0; path < 7 * 7 * 7; path++)
        {
            var process = new SampleRatio();
            var probability = 1.0;
            for (int tick = 0, rest = path; tick < 3; tick++, rest /= 7)
            {
                probability *= Binomial(N, rest % 7, Weight);
                process.Step(rest % 7, N - (rest % 7), Weight, phi, 0.2);
            }

            mean += probability * Math.Exp(process.LogE);
        }

        Assert.InRange(mean, 0.5, 1 + 1e-12);
    }

    /// <summary>The promise is one in a thousand, over all looks of an hour.</summary>
    [Fact]
    public void The_nominal_share_is_hardly_ever_called_invalid()
    {
        var invalid = 0;
        for (var seed = 0; seed < 1000; seed++)
        {
            var chance = new Chance(seed);
            var process = new SampleRatio();
            for (var tick = 0; tick < 720 && !process.IsInvalid; tick++)
            {
                var x = chance.Binomial(500, 0.1);
                process.Step(x, 500 - x, 0.1, 1, Bets.Share(5, 5 * (tick + 1)));
            }

            if (process.IsInvalid) invalid++;
        }

        Assert.InRange(invalid, 0, 3);
    }

    [Theory]
    [InlineData(0.8, 60)]
    [InlineData(1.25, 60)]
    [InlineData(0.5, 12)]
    [InlineData(0, 4)]
    public void A_wrong_share_is_called_invalid_soon_and_not_before_three_looks(double odds, int most)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var chance = new Chance(seed);
            var process = new SampleRatio();
            var ticks = 0;
            for (; !process.IsInvalid && ticks <= most; ticks++)
            {
                var x = chance.Binomial(2500, odds * 0.1 / (0.9 + (odds * 0.1)));
                process.Step(x, 2500 - x, 0.1, 1, Share);
            }

            Assert.InRange(ticks, 3, most);
        }
    }

    [Fact]
    public void A_share_that_is_off_by_two_percent_is_let_be_whatever_the_traffic()
    {
        var process = new SampleRatio();
        for (var tick = 0; tick < 1000; tick++) process.Step(102e9, 898e9, 0.1, 1, Share);
        Assert.False(process.IsInvalid);
        Assert.Equal(1.02, process.Ratio, 6);
    }

    [Fact]
    public void The_ticks_about_a_change_of_weight_are_left_out()
    {
        var process = new SampleRatio();
        process.Step(100, 900, 0.1, 1, Share);
        var before = process.LogE;
        process.Step(100, 900, 0.5, 1, Share);
        process.Step(250, 750, 0.5, 1, Share);
        Assert.Equal(before, process.LogE);
        process.Step(250, 750, 0.5, 1, Share);
        Assert.True(process.LogE > before + 1);
    }

    [Theory]
    [InlineData(double.NaN, 10, 0.1)]
    [InlineData(-1, 10, 0.1)]
    [InlineData(0, 0, 0.1)]
    [InlineData(10, 10, 0)]
    [InlineData(10, 10, 1)]
    [InlineData(10, 10, double.NaN)]
    public void What_is_no_reading_says_nothing(double candidate, double stable, double weight)
    {
        var process = new SampleRatio();
        for (var i = 0; i < 10; i++) process.Step(candidate, stable, weight, 1, Share);
        Assert.Equal(0, process.LogE);
    }

    [Fact]
    public void Requests_a_user_are_compared_in_both_directions()
    {
        Assert.True(After(20, 30) > Math.Log(20));
        Assert.True(After(30, 20) > Math.Log(20));
        Assert.True(After(20, 20) < 0);
        Assert.True(After(20, 21) < 0);

        static double After(int stable, int candidate)
        {
            var process = new RequestsPerUser();
            for (var i = 0; i < 100; i++) process.Step(new PairCounts(10, 10 * candidate, 90, 90 * stable), 25, Share);
            Assert.Equal((double)candidate / stable, process.Ratio, 9);
            return process.LogE;
        }
    }

    [Fact]
    public void Restored_processes_continue_bit_for_bit()
    {
        var chance = new Chance(9);
        SampleRatio shares = new(), sharesAgain = new();
        RequestsPerUser users = new(), usersAgain = new();
        for (var tick = 0; tick < 100; tick++)
        {
            var weight = tick < 50 ? 0.1 : 0.25;
            var x = chance.Binomial(500, weight);
            var pair = new PairCounts(5, chance.Poisson(60), 45, chance.Poisson(500));
            foreach (var s in new[] { shares, sharesAgain }) s.Step(x, 500 - x, weight, 2, Share);
            foreach (var u in new[] { users, usersAgain }) u.Step(pair, 7, Share);
            (sharesAgain, usersAgain) = (Copy(sharesAgain), Copy(usersAgain));
            Assert.Equal(Saved.Bytes(shares.Save), Saved.Bytes(sharesAgain.Save));
            Assert.Equal(Saved.Bytes(users.Save), Saved.Bytes(usersAgain.Save));
        }
    }

    private static SampleRatio Copy(SampleRatio from)
    {
        var to = new SampleRatio();
        Saved.Copy(from.Save, to.Load);
        return to;
    }

    private static RequestsPerUser Copy(RequestsPerUser from)
    {
        var to = new RequestsPerUser();
        Saved.Copy(from.Save, to.Load);
        return to;
    }

    private static double Binomial(int n, int x, double p)
    {
        var choose = 1.0;
        for (var i = 0; i < x; i++) choose *= (n - i) / (double)(i + 1);
        return choose * Math.Pow(p, x) * Math.Pow(1 - p, n - x);
    }
}

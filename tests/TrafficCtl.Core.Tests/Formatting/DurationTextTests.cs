using System.Globalization;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Formatting;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Core.Tests.Formatting;

public partial class DurationTextTests
{
    /// <summary>From a tenth of a microsecond to a hundred days, each magnitude as often as the others.</summary>
    private static readonly Arbitrary<long> AnyTicks =
        Gen.Choose(0, 13_900).Select(static exponent => (long)Math.Pow(10, exponent / 1000.0)).ToArbitrary();

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(0.00025, "250 µs")]
    [InlineData(0.0000034, "3.4 µs")]
    [InlineData(0.25, "250 ms")]
    [InlineData(0.01234, "12.3 ms")]
    [InlineData(1.5, "1.5 s")]
    [InlineData(9.999, "10 s")]
    [InlineData(60, "60 s")]
    [InlineData(90, "90 s")]
    [InlineData(119.6, "2 min")]
    [InlineData(120, "2 min")]
    [InlineData(120.2941254, "2 min")]
    [InlineData(125, "2 min 5 s")]
    [InlineData(180.4124193, "3 min")]
    [InlineData(3599.7, "1 h")]
    [InlineData(3900, "1 h 5 min")]
    [InlineData(86_400, "24 h")]
    [InlineData(183_600, "2 d 3 h")]
    [InlineData(-5, "-5 s")]
    public void Says_a_duration_as_people_write_it(double seconds, string text) => Assert.Equal(text, DurationText.OfSeconds(seconds));

    [Theory]
    [InlineData(59.999, "59 s", "60 s")]
    [InlineData(0.4, "0 s", "1 s")]
    [InlineData(120.2941254, "2 min", "2 min 1 s")]
    [InlineData(3599.5, "59 min 59 s", "1 h")]
    [InlineData(7199, "1 h 59 min", "2 h")]
    [InlineData(-3, "0 s", "0 s")]
    public void What_has_passed_is_rounded_down_and_what_is_left_is_rounded_up(double seconds, string elapsed, string left)
    {
        var time = TimeSpan.FromSeconds(seconds);
        Assert.Equal((elapsed, left), (DurationText.Elapsed(time), DurationText.Left(time)));
    }

    [Theory]
    [InlineData(47.6, "48 s")]
    [InlineData(113.2, "110 s")]
    [InlineData(1333, "22 min")]
    [InlineData(12_700, "3 h 30 min")]
    [InlineData(100_000, "28 h")]
    [InlineData(300_000, "3 d 12 h")]
    [InlineData(3_000_000, "35 d")]
    public void An_estimate_has_no_more_digits_than_it_is_worth(double seconds, string text) =>
        Assert.Equal(text, DurationText.About(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void What_is_not_finite_is_unknown_and_the_longest_span_has_a_text() => Assert.Equal(
        ("unknown", "unknown", "10675199 d", "-10675199 d", "1000000 d"),
        (DurationText.OfSeconds(double.NaN), DurationText.OfSeconds(
            double.PositiveInfinity), DurationText.Of(TimeSpan.MaxValue), DurationText.Of(TimeSpan.MinValue),
            DurationText.OfSeconds(1e300)));

    [Fact]
    public void Every_text_has_at_most_two_units_and_three_significant_digits_in_each() =>
        Prop.ForAll(AnyTicks, ticks => Texts(ticks).All(static text => Grammar().IsMatch(text))).Holds(2_000);

    [Fact]
    public void Every_text_is_read_back_within_half_of_its_last_digit() => Prop.ForAll(AnyTicks, ticks =>
    {
        var time = TimeSpan.FromTicks(ticks);
        var second = Math.Max(TimeSpan.TicksPerSecond, LastDigit(ticks));
        var (near, passed, left) = (Read(DurationText.Of(time)), Read(DurationText.Elapsed(time)), Read(DurationText.Left(time)));
        return Math.Abs(near - ticks) * 2 <= LastDigit(ticks)
            && passed <= ticks
            && ticks - passed < second
            && left >= ticks
            && left - ticks < second;
    }).Holds(2_000);

    [Fact]
    public void A_longer_time_never_reads_as_a_shorter_one() => Prop.ForAll(AnyTicks, AnyTicks, static (a, b) =>
        Texts(Math.Min(a, b)).Zip(Texts(Math.Max(a, b))).All(static pair => Read(pair.First) <= Read(pair.Second))).Holds(2_000);

    private static string[] Texts(long ticks)
    {
        var time = TimeSpan.FromTicks(ticks);
        return [DurationText.Of(time), DurationText.Elapsed(time), DurationText.Left(time), DurationText.About(time)];
    }

    private static long LastDigit(long ticks) => ticks switch
    {
        < 120 * TimeSpan.TicksPerSecond => Math.Max(1, (long)Math.Pow(10, Math.Floor(Math.Log10(Math.Max(1, ticks))) - 2)),
        < TimeSpan.TicksPerHour => TimeSpan.TicksPerSecond,
        < 2 * TimeSpan.TicksPerDay => TimeSpan.TicksPerMinute,
        < 100 * TimeSpan.TicksPerDay => TimeSpan.TicksPerHour,
        _ => TimeSpan.TicksPerDay,
    };

    private static long Read(string text)
    {
        var words = text.Split(' ');
        var ticks = 0m;
        for (var i = 0; i < words.Length; i += 2)
        {
            ticks += decimal.Parse(words[i], CultureInfo.InvariantCulture) * (words[i + 1] switch
            {
                "µs" => TimeSpan.TicksPerMicrosecond,
                "ms" => TimeSpan.TicksPerMillisecond,
                "s" => TimeSpan.TicksPerSecond,
                "min" => TimeSpan.TicksPerMinute,
                "h" => TimeSpan.TicksPerHour,
                _ => TimeSpan.TicksPerDay,
            });
        }

        return (long)ticks;
    }

    [GeneratedRegex(
        @"^(?:(?:\d|[1-9]\d|[1-9]\d\d|\d\.\d{1,2}|[1-9]\d\.\d) (?:µs|ms|s)|[1-5]?\d min(?: [1-5]?\d s)?|[1-4]?\d h(?: [1-5]?\d min)?|[1-9]\d{0,2} d(?: (?:1?\d|2[0-3]) h)?)$")]
    private static partial Regex Grammar();
}

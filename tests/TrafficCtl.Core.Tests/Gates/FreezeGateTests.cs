using NodaTime;
using TrafficCtl.Core.Gates;
using Xunit;

namespace TrafficCtl.Core.Tests.Gates;

public sealed class FreezeGateTests
{
    [Theory]
    [InlineData("Europe/Berlin", "2026-10-24", "2026-10-26")]
    [InlineData("America/Sao_Paulo", "2018-11-03", "2018-11-04")]
    [InlineData("Pacific/Apia", "2011-12-29", "2011-12-31")]
    [InlineData("Pacific/Apia", "2011-12-30", "2011-12-30")]
    [InlineData("UTC", "2026-12-31", "2027-01-01")]
    public void Is_closed_in_exactly_the_minutes_whose_date_is_frozen(string zone, string first, string last)
    {
        var (from, to) = (DateOnly.Parse(first), DateOnly.Parse(last));
        var gate = new FreezeGate([new FrozenDates(from, to, zone)]);
        var begin = new DateTimeOffset(from.AddDays(-2).ToDateTime(default), TimeSpan.Zero);
        var open = Enumerable.Range(0, 7 * 1440).Select(i =>
        {
            var date = Instant.FromDateTimeOffset(begin.AddMinutes(i)).InZone(DateTimeZoneProviders.Tzdb[zone]).Date.ToDateOnly();
            return date < from || date > to;
        }).ToArray();
        for (var i = 0; i < open.Length; i++) Assert.Equal(open[i], gate.IsOpenAt(begin.AddMinutes(i)));
        for (var i = 0; i < open.Length; i += 97)
        {
            var change = Array.FindIndex(open, i, o => o != open[i]);
            Assert.Equal(change < 0 ? null : begin.AddMinutes(change), gate.NextChange(begin.AddMinutes(i)));
        }
    }

    [Fact]
    public void Says_which_dates_and_when_it_opens()
    {
        var gate = new FreezeGate([Winter, new FrozenDates(new(2027, 1, 3), new(2027, 1, 3), "Europe/Berlin")]);
        Assert.Equal(
            new GateAnswer.Closed(
                "frozen on 2026-12-20..2027-01-02 Europe/Berlin; it opens at Mon 2027-01-04 00:00 Europe/Berlin, in 10 d 11 h"),
            gate.Answer(new GateFacts(new DateTimeOffset(2026, 12, 24, 12, 0, 0, TimeSpan.Zero))));
        Assert.Equal(
            new GateAnswer.Open("no freeze now; the next begins at Sun 2026-12-20 00:00 Europe/Berlin"),
            gate.Answer(new GateFacts(new DateTimeOffset(2026, 12, 1, 12, 0, 0, TimeSpan.Zero))));
        Assert.Equal(
            new GateAnswer.Open("no freeze is to come"),
            gate.Answer(new GateFacts(new DateTimeOffset(2028, 1, 1, 0, 0, 0, TimeSpan.Zero))));
    }

    [Fact]
    public void Two_gates_of_the_same_dates_are_the_same_gate() =>
        Assert.Equal(new FreezeGate([Winter]), new FreezeGate([Winter with { }]));

    [Fact]
    public void Dates_end_after_they_begin() =>
        Assert.Throws<ArgumentException>(() => new FrozenDates(new(2027, 1, 2), new(2026, 12, 20), "UTC"));

    private static FrozenDates Winter => new(new(2026, 12, 20), new(2027, 1, 2), "Europe/Berlin");
}

using NodaTime;
using TrafficCtl.Core.Gates;
using Xunit;

namespace TrafficCtl.Core.Tests.Gates;

public sealed class WindowGateTests
{
    /// <summary>An hour, half an hour, at midnight, in the south, and none at all.</summary>
    public static TheoryData<string, string> Transitions() => new()
    {
        { "Europe/Berlin", "2026-03-29" }, { "Europe/Berlin", "2026-10-25" }, { "America/New_York", "2026-03-08" },
        { "America/New_York", "2026-11-01" }, { "Australia/Lord_Howe", "2026-04-05" }, { "Australia/Lord_Howe", "2026-10-04" },
        { "America/Sao_Paulo", "2018-11-04" }, { "America/Havana", "2026-11-01" }, { "Pacific/Apia", "2011-12-30" },
        { "Asia/Kathmandu", "2026-06-01" }, { "UTC", "2026-12-31" },
    };

    [Theory]
    [MemberData(nameof(Transitions))]
    public void Is_open_in_exactly_the_minutes_that_the_clocks_of_its_place_show(string zone, string day)
    {
        var begin = Utc($"{day}T00:00:00Z").AddDays(-2);
        for (var seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            var gate = new WindowGate([.. Enumerable.Range(0, 1 + (seed % 3)).Select(_ => Any(random, zone))]);
            var minutes = Enumerable.Range(0, 4 * 1440).Select(i => Shown(gate, begin.AddMinutes(i))).ToArray();
            for (var i = 0; i < minutes.Length; i += 1 + random.Next(7)) Assert.Equal(minutes[i], gate.IsOpenAt(begin.AddMinutes(i)));
            for (var i = random.Next(60); i < minutes.Length; i += 1 + random.Next(240))
            {
                var change = Array.FindIndex(minutes, i, open => open != minutes[i]);
                if (change >= 0) Assert.Equal(begin.AddMinutes(change), gate.NextChange(begin.AddMinutes(i)));
                else Assert.False(gate.NextChange(begin.AddMinutes(i)) < begin.AddMinutes(minutes.Length));
            }
        }
    }

    [Theory]
    // Clocks go from 02:00 to 03:00: 02:30 is never shown, so the window begins at 03:00.
    [InlineData("02:30-04:00", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("22:00-04:00", "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z")]
    [InlineData("09:00-16:00", "2026-11-30T15:30:00Z", "2026-12-01T08:00:00Z")]
    // 02:30 is shown twice, and again after clocks have gone back at 03:00.
    [InlineData("02:30-04:00", "2026-10-25T00:45:00Z", "2026-10-25T01:00:00Z")]
    [InlineData("02:30-04:00", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z")]
    public void Tells_the_instant_of_its_next_change(string times, string now, string expected)
    {
        var gate = Daily(times, "Europe/Berlin");
        Assert.Equal(Utc(expected), gate.NextChange(Utc(now)));
    }

    [Fact]
    public void Leaves_out_what_clocks_that_are_put_forward_never_show()
    {
        var gate = Daily("02:10-02:50", "Europe/Berlin");
        Assert.Equal(Utc("2026-03-30T00:10:00Z"), gate.NextChange(Utc("2026-03-28T02:00:00Z")));
    }

    [Fact]
    public void An_overnight_window_belongs_to_the_day_that_it_began_on()
    {
        var gate = new WindowGate([new TimeWindow(DayNames.Parse("fri")!.Value, 22 * 60, 4 * 60, "UTC")]);
        Assert.True(gate.IsOpenAt(Utc("2026-11-28T03:59:00Z")));
        Assert.False(gate.IsOpenAt(Utc("2026-11-27T03:59:00Z")));
        Assert.False(gate.IsOpenAt(Utc("2026-11-28T22:00:00Z")));
    }

    [Fact]
    public void Says_when_it_opens_and_when_it_closes()
    {
        var gate = new WindowGate([new TimeWindow(DayNames.Parse("mon-thu")!.Value, 9 * 60, 16 * 60, "Europe/Berlin")]);
        Assert.Equal(
            new GateAnswer.Closed("it opens at Mon 2026-11-30 09:00 Europe/Berlin, in 2 d 15 h"),
            gate.Answer(new GateFacts(Utc("2026-11-27T17:00:00Z"))));
        Assert.Equal(
            new GateAnswer.Open("it is open until Mon 2026-11-30 16:00 Europe/Berlin"),
            gate.Answer(new GateFacts(Utc("2026-11-30T08:00:00Z"))));
        Assert.Equal(
            new GateAnswer.Open("it is always open"), Daily("00:00-24:00", "UTC").Answer(new GateFacts(Utc("2026-11-30T08:00:00Z"))));
    }

    [Fact]
    public void Windows_that_follow_each_other_are_one()
    {
        var gate = new WindowGate([new TimeWindow(127, 540, 720, "UTC"), new TimeWindow(127, 720, 960, "UTC")]);
        Assert.Equal(Utc("2026-11-30T16:00:00Z"), gate.NextChange(Utc("2026-11-30T10:00:00Z")));
    }

    [Fact]
    public void Two_gates_that_are_never_open_together_are_known()
    {
        var (monday, tuesday) = (DayNames.Parse("mon")!.Value, DayNames.Parse("tue")!.Value);
        var morning = new WindowGate([new TimeWindow(monday, 9 * 60, 10 * 60, "UTC")]);
        var from = Utc("2028-01-01T00:00:00Z");
        Assert.False(WindowGate.DoMeet([morning, new WindowGate([new TimeWindow(tuesday, 9 * 60, 10 * 60, "UTC")])], from));
        // 23:30 on Monday in New York is Tuesday in Berlin.
        Assert.True(WindowGate.DoMeet(
            [
                new WindowGate([new TimeWindow(monday, 23 * 60, 1440, "America/New_York")]),
                new WindowGate([new TimeWindow(tuesday, 5 * 60, 6 * 60, "Europe/Berlin")]),
            ], from));
    }

    [Fact]
    public void Two_gates_of_the_same_windows_are_the_same_gate()
    {
        var (one, other) = (Daily("09:00-16:00", "UTC"), Daily("09:00-16:00", "UTC"));
        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.NotEqual(one, other with { Terms = new GateTerms("#dba") });
        Assert.NotEqual(one, Daily("09:00-15:00", "UTC"));
    }

    private static WindowGate Daily(string times, string zone)
    {
        var ends = times.Split('-').Select(t => (int.Parse(t[..2]) * 60) + int.Parse(t[3..])).ToArray();
        return new WindowGate([new TimeWindow(127, ends[0], ends[1], zone)]);
    }

    private static TimeWindow Any(Random random, string zone)
    {
        var from = random.Next(1440);
        var to = random.Next(2) == 0 ? Math.Min(1440, from + 1 + random.Next(300)) : 1 + random.Next(1440);
        return new TimeWindow(1 + random.Next(127), from, to == from ? from + 1 : to, zone);
    }

    /// <summary>The reference: what a person at the clock of that place would read off it in that minute.</summary>
    private static bool Shown(WindowGate gate, DateTimeOffset at)
    {
        foreach (var window in gate.Windows)
        {
            var clock = Instant.FromDateTimeOffset(at).InZone(DateTimeZoneProviders.Tzdb[window.Zone]);
            var (today, minute) = ((int)clock.DayOfWeek - 1, (clock.Hour * 60) + clock.Minute);
            var began = window.To > window.From || minute >= window.From ? today : (today + 6) % 7;
            var isTime = window.To > window.From
                ? minute >= window.From && minute < window.To
                : minute >= window.From || minute < window.To;
            if (isTime && (window.Days >> began) % 2 == 1) return true;
        }

        return false;
    }

    private static DateTimeOffset Utc(string text) =>
        DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}

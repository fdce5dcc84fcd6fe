using System.Collections.Immutable;
using System.Globalization;
using NodaTime;

namespace TrafficCtl.Core.Gates;

/// <summary>Hours of some days of the week by the clocks of one place, such as <c>mon-thu 09:00-16:00 Europe/Berlin</c>.</summary>
/// <remarks>
/// It is open whenever the clocks there show a time of it, and at no other time. So where clocks are put forward, times that are never
/// shown are left out; where they are put back, times that are shown twice are open twice. A window that ends before it begins
/// (<c>22:00-04:00</c>) goes on into the next day, and belongs to the day that it began on.
/// </remarks>
public sealed record TimeWindow
{
    /// <summary>Minutes of a day by its clock.</summary>
    public const int Day = 24 * 60;

    private const int AllDays = 0b111_1111;

    private readonly DateTimeZone zone;

    /// <param name="days">The days that it begins on, bit 0 for Monday: 1..127.</param>
    /// <param name="from">Its first minute of the day: 0..1439.</param>
    /// <param name="to">The minute that ends it: 1..1440; one that is not after <paramref name="from"/> is of the next day.</param>
    /// <param name="zone">The name of a time zone.</param>
    /// <exception cref="ArgumentException">Not such a value: a window that cannot open, or no zone.</exception>
    public TimeWindow(int days, int from, int to, string zone)
    {
        if (days is <= 0 or > AllDays) throw new ArgumentException("a window has days", nameof(days));
        if (from is < 0 or >= Day) throw new ArgumentException("a window begins within a day", nameof(from));
        if (to is <= 0 or > Day || to == from) throw new ArgumentException("a window ends at another time than it begins", nameof(to));
        (Days, From, To, Zone) = (days, from, to, zone);
        this.zone = Zones.Of(zone);
    }

    public int Days { get; }

    public int From { get; }

    public int To { get; }

    public string Zone { get; }

    internal DateTimeZone Clocks => zone;

    /// <summary>It ends on the day after the one that it began on.</summary>
    public bool IsOvernight => To <= From;

    /// <summary>The clocks show a time of it.</summary>
    internal bool Has(Instant at)
    {
        var local = at.InZone(zone).LocalDateTime;
        var minute = (local.Hour * 60) + local.Minute;
        var today = (int)local.DayOfWeek - 1;
        if (!IsOvernight) return IsOn(today) && minute >= From && minute < To;
        return (IsOn(today) && minute >= From) || (IsOn((today + 6) % 7) && minute < To);
    }

    /// <summary>Every instant in the days around <paramref name="from"/> at which it may open or close.</summary>
    /// <param name="from">The first of interest.</param>
    /// <param name="days">How many days after it.</param>
    internal IEnumerable<Instant> Edges(Instant from, int days)
    {
        var first = from.InZone(zone).Date.PlusDays(-1);
        for (var i = 0; i <= days + 2; i++)
        {
            var date = first.PlusDays(i);
            foreach (var edge in Shown(date, From)) yield return edge;
            foreach (var edge in To == Day ? Shown(date.PlusDays(1), 0) : Shown(date, To)) yield return edge;
        }

        // Where clocks jump across an edge, the jump is the edge.
        var until = from + Duration.FromDays(days + 2);
        var interval = zone.GetZoneInterval(from);
        while (interval.HasEnd && interval.End < until)
        {
            yield return interval.End;
            interval = zone.GetZoneInterval(interval.End);
        }
    }

    /// <summary>When the clocks show that time of that date: once, twice or never.</summary>
    private IEnumerable<Instant> Shown(LocalDate date, int minute)
    {
        var mapping = zone.MapLocal(date.At(new LocalTime(minute / 60, minute % 60)));
        if (mapping.Count == 0) yield break;
        yield return mapping.First().ToInstant();
        if (mapping.Count == 2) yield return mapping.Last().ToInstant();
    }

    private bool IsOn(int day) => (Days & (1 << day)) != 0;

    public override string ToString() =>
        $"{(Days == AllDays ? "" : DayNames.Text(Days) + " ")}{(From == 0 && To == Day ? "" : $"{Clock(From)}-{Clock(To)} ")}{Zone}".Trim();

    private static string Clock(int minute) => string.Create(CultureInfo.InvariantCulture, $"{minute / 60:00}:{minute % 60:00}");

    public bool Equals(TimeWindow? other) =>
        other is not null && (Days, From, To, Zone) == (other.Days, other.From, other.To, other.Zone);

    public override int GetHashCode() => HashCode.Combine(Days, From, To, Zone);
}

/// <summary>Days of the week as files write them: <c>mon-thu</c>, <c>sat,sun</c>.</summary>
public static class DayNames
{
    public static readonly ImmutableArray<string> All = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// <summary>The bits of days; null where it names none.</summary>
    public static int? Parse(string text)
    {
        var days = 0;
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            var (first, last) = (All.IndexOf(ends[0]), All.IndexOf(ends[^1]));
            if (ends.Length > 2 || first < 0 || last < 0) return null;
            for (var day = first; ; day = (day + 1) % 7)
            {
                days |= 1 << day;
                if (day == last) break;
            }
        }

        return days;
    }

    internal static string Text(int days)
    {
        var parts = new List<string>();
        for (var day = 0; day < 7; day++)
        {
            if ((days & (1 << day)) == 0) continue;
            var last = day;
            while (last < 6 && (days & (1 << (last + 1))) != 0) last++;
            parts.Add(last == day ? All[day] : $"{All[day]}-{All[last]}");
            day = last;
        }

        return string.Join(',', parts);
    }
}

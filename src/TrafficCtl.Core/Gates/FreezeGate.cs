using System.Collections.Immutable;
using System.Globalization;
using NodaTime;

namespace TrafficCtl.Core.Gates;

/// <summary>Closed on the dates of a freeze.</summary>
/// <param name="Dates">At least one range.</param>
public sealed record FreezeGate(ImmutableArray<FrozenDates> Dates) : Gate
{
    public override string Name => "freeze";

    public override GateKind Kind => GateKind.Live;

    public override string Key => $"freeze {string.Join("; ", Dates)}";

    public override GateAnswer Answer(GateFacts facts)
    {
        var now = Instant.FromDateTimeOffset(facts.Now);
        var change = NextChange(now);
        if (FirstAt(now) is { } frozen)
        {
            // Ranges end, so a freeze always does.
            var ends = change ?? frozen.End;
            return new GateAnswer.Closed(
                $"frozen on {frozen}; it opens at {Zones.Text(ends, frozen.Clocks)}, in {Zones.Until(ends, now)}");
        }

        return new GateAnswer.Open(change is { } begins
            ? $"no freeze now; the next begins at {Zones.Text(begins, Dates[0].Clocks)}"
            : "no freeze is to come");
    }

    /// <summary>When it next opens (while it is frozen) or closes; null when no freeze is to come.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset now) => NextChange(Instant.FromDateTimeOffset(now))?.ToDateTimeOffset();

    /// <summary>Whether it is open at an instant.</summary>
    public bool IsOpenAt(DateTimeOffset at) => FirstAt(Instant.FromDateTimeOffset(at)) is null;

    private Instant? NextChange(Instant now)
    {
        var isFrozen = FirstAt(now) is not null;
        Instant? first = null;
        foreach (var range in Dates)
        {
            foreach (var edge in (ReadOnlySpan<Instant>)[range.Begin, range.End])
                if (edge > now && (first is null || edge < first) && FirstAt(edge) is not null != isFrozen) first = edge;
        }

        return first;
    }

    private FrozenDates? FirstAt(Instant at)
    {
        foreach (var range in Dates)
            if (at >= range.Begin && at < range.End) return range;
        return null;
    }

    public bool Equals(FreezeGate? other) => base.Equals(other) && Dates.SequenceEqual(other!.Dates);

    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);
}

/// <summary>Whole dates by the clocks of one place, the last one included: <c>2026-12-20..2027-01-02 Europe/Berlin</c>.</summary>
public sealed record FrozenDates
{
    /// <param name="first">The first date.</param>
    /// <param name="last">The last date; not before the first.</param>
    /// <param name="zone">The name of a time zone.</param>
    /// <exception cref="ArgumentException">Not such a range, or no zone.</exception>
    public FrozenDates(DateOnly first, DateOnly last, string zone)
    {
        if (last < first || last == DateOnly.MaxValue) throw new ArgumentException("a freeze ends after it begins", nameof(last));
        (First, Last, Zone) = (first, last, zone);
        Clocks = Zones.Of(zone);
        (Begin, End) = (MidnightOf(first), MidnightOf(last.AddDays(1)));
    }

    public DateOnly First { get; }

    public DateOnly Last { get; }

    public string Zone { get; }

    internal DateTimeZone Clocks { get; }

    /// <summary>The first instant of the first date; where clocks skip midnight, the first one that they show of it.</summary>
    internal Instant Begin { get; }

    /// <summary>The first instant after the last date.</summary>
    internal Instant End { get; }

    /// <summary>Where clocks skip midnight, or that whole date, the instant at which they do.</summary>
    private Instant MidnightOf(DateOnly date)
    {
        var mapping = Clocks.MapLocal(LocalDate.FromDateOnly(date).AtMidnight());
        return mapping.Count == 0 ? mapping.LateInterval.Start : mapping.First().ToInstant();
    }

    public override string ToString() => First == Last
        ? string.Create(CultureInfo.InvariantCulture, $"{First:yyyy-MM-dd} {Zone}")
        : string.Create(CultureInfo.InvariantCulture, $"{First:yyyy-MM-dd}..{Last:yyyy-MM-dd} {Zone}");

    public bool Equals(FrozenDates? other) => other is not null && (First, Last, Zone) == (other.First, other.Last, other.Zone);

    public override int GetHashCode() => HashCode.Combine(First, Last, Zone);
}

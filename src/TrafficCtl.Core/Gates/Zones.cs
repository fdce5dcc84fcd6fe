using System.Globalization;
using NodaTime;

namespace TrafficCtl.Core.Gates;

/// <summary>The time zones of the IANA database that this build carries: the same on every machine.</summary>
public static class Zones
{
    /// <summary>Their names, such as <c>Europe/Berlin</c>.</summary>
    public static IReadOnlyCollection<string> Names => DateTimeZoneProviders.Tzdb.Ids;

    public static bool Exists(string name) => DateTimeZoneProviders.Tzdb.GetZoneOrNull(name) is not null;

    /// <exception cref="ArgumentException">There is no such zone.</exception>
    internal static DateTimeZone Of(string name) =>
        DateTimeZoneProviders.Tzdb.GetZoneOrNull(name) ?? throw new ArgumentException($"there is no time zone {name}", nameof(name));

    /// <summary><c>Tue 2026-12-01 09:00 Europe/Berlin</c>.</summary>
    internal static string Text(Instant at, DateTimeZone zone) =>
        $"{at.InZone(zone).LocalDateTime.ToString("ddd uuuu-MM-dd HH:mm", CultureInfo.InvariantCulture)} {zone.Id}";

    /// <summary>Whole minutes are told: what has seconds is rounded up, so that nobody comes too early.</summary>
    internal static string Until(Instant at, Instant now) => Formatting.DurationText.Left((at - now).ToTimeSpan());
}

using System.Globalization;

namespace TrafficCtl.Core.Formatting;

/// <summary>Instants for a reader: UTC, in whole seconds.</summary>
public static class InstantText
{
    /// <summary><c>2026-01-01 12:00:00Z</c>.</summary>
    public static string Of(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary><c>Thu 2026-01-01 12:00Z</c>: a forecast, of which the seconds mean nothing.</summary>
    public static string Coming(DateTimeOffset at) => at.UtcDateTime.ToString("ddd yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    /// <summary><c>12:00:00Z</c>, where the day is plain.</summary>
    public static string TimeOfDay(DateTimeOffset at) => at.UtcDateTime.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

using System.Globalization;
using Google.Protobuf.WellKnownTypes;

namespace TrafficCtl.Cli.Printing;

/// <summary>Numbers as people read them; the same in every country.</summary>
internal static class Units
{
    /// <summary>Basis points as <c>5 %</c>.</summary>
    public static string Share(int basisPoints) => Format(basisPoints / 100m, "0.##") + " %";

    /// <summary>0..1 as <c>0.12 %</c>.</summary>
    public static string Ratio(double ratio) => Format(ratio * 100, "0.00") + " %";

    public static string Rate(double perSecond) => Format(perSecond, perSecond < 10 ? "0.#" : "#,0");

    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Latency(double seconds) => seconds switch
    {
        0 => "-",
        >= 1 => Format(seconds, "0.00") + " s",
        >= 0.1 => Format(seconds * 1000, "0") + " ms",
        >= 0.001 => Format(seconds * 1000, "0.0") + " ms",
        _ => Format(seconds * 1e6, "0") + " us",
    };

    /// <summary><c>35 s</c>, <c>12 min</c>, <c>3.2 h</c>, <c>4 d</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalMinutes: < 2 } => Format(Math.Max(0, Math.Floor(span.TotalSeconds)), "0") + " s",
        { TotalHours: < 2 } => Format(Math.Floor(span.TotalMinutes), "0") + " min",
        { TotalDays: < 2 } => Format(span.TotalHours, "0.#") + " h",
        _ => Format(Math.Floor(span.TotalDays), "0") + " d",
    };

    public static string Span(Duration duration) => Span(duration.ToTimeSpan());

    /// <summary>From one instant of the daemon's clock to another.</summary>
    public static string Since(Timestamp then, Timestamp now) => Span(now.ToDateTimeOffset() - then.ToDateTimeOffset());

    public static string Time(Timestamp at) => at.ToDateTime().ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string DayAndTime(Timestamp at) => at.ToDateTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Format(IFormattable number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}

using System.Globalization;

namespace TrafficCtl.Core.Formatting;

/// <summary>
/// Durations for a reader, the only place that formats one: <c>250 ms</c>, <c>1.5 s</c>, <c>90 s</c>, <c>2 min 5 s</c>, <c>1 h 5 min</c>,
/// <c>2 d 3 h</c>.
/// </summary>
/// <remarks>
/// Below 2 min one number of at most three significant digits and its unit; from there two whole numbers of adjacent units, of which
/// the second is left out when it is 0. Rounding comes first and the units are chosen afterwards, so that 59 min 59.7 s is <c>1 h</c>.
/// </remarks>
public static class DurationText
{
    private const long Microsecond = TimeSpan.TicksPerMicrosecond;
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private const long Second = TimeSpan.TicksPerSecond;
    private const long Minute = TimeSpan.TicksPerMinute;
    private const long Hour = TimeSpan.TicksPerHour;
    private const long Day = TimeSpan.TicksPerDay;

    private enum Rounding
    {
        Nearest,
        Down,
        Up,
    }

    /// <summary>To the nearest: what is configured or was measured.</summary>
    public static string Of(TimeSpan time) => Signed(time, static ticks => Round(ticks, GridOf(ticks), Rounding.Nearest));

    /// <summary>
    /// The same for seconds as a number: not finite is <c>unknown</c>, and what no <see cref="TimeSpan"/> holds is its longest.
    /// </summary>
    public static string OfSeconds(double seconds) =>
        !double.IsFinite(seconds)
            ? "unknown"
            : Of(TimeSpan.FromTicks((long)Math.Round(Math.Clamp(seconds * Second, -Day * 1e6, Day * 1e6))));

    /// <summary>What has passed, in whole seconds rounded down, so that a minute is not said before it is over; never below 0.</summary>
    public static string Elapsed(TimeSpan time) =>
        Text(Round(Math.Max(0, time.Ticks), Math.Max(Second, GridOf(time.Ticks)), Rounding.Down));

    /// <summary>What is left, in whole seconds rounded up, so that 0 s is not said before it is over; never below 0.</summary>
    public static string Left(TimeSpan time) => Text(Round(Math.Max(0, time.Ticks), Math.Max(Second, GridOf(time.Ticks)), Rounding.Up));

    /// <summary>
    /// An estimate or an age, of which the second unit means little: <c>40 s</c>, <c>22 min</c>, <c>3 h 30 min</c>, <c>4 d</c>.
    /// </summary>
    public static string About(TimeSpan time) => Signed(time, static ticks => Round(ticks, CoarseGridOf(ticks), Rounding.Nearest));

    private static string Signed(TimeSpan time, Func<Int128, Int128> round) =>
        time.Ticks < 0 ? "-" + Text(round(-(Int128)time.Ticks)) : Text(round(time.Ticks));

    private static Int128 Round(Int128 ticks, long grid, Rounding rounding) => grid * (rounding switch
    {
        Rounding.Down => ticks / grid,
        Rounding.Up => (ticks + grid - 1) / grid,
        _ => (ticks + (grid / 2)) / grid,
    });

    /// <summary>The last digit that is shown of such a duration.</summary>
    private static long GridOf(Int128 ticks) => Size(ticks) switch
    {
        < 100 * Microsecond => Microsecond / 10,
        < Millisecond => Microsecond,
        < 10 * Millisecond => Millisecond / 100,
        < 100 * Millisecond => Millisecond / 10,
        < Second => Millisecond,
        < 10 * Second => Second / 100,
        < 100 * Second => Second / 10,
        < Hour => Second,
        < 2 * Day => Minute,
        < 100 * Day => Hour,
        _ => Day,
    };

    private static long CoarseGridOf(Int128 ticks) => Size(ticks) switch
    {
        < Minute => Second,
        < 2 * Minute => 10 * Second,
        < Hour => Minute,
        < 12 * Hour => 10 * Minute,
        < 2 * Day => Hour,
        < 10 * Day => 12 * Hour,
        _ => Day,
    };

    private static long Size(Int128 ticks) => (long)Int128.Min(ticks, long.MaxValue);

    private static string Text(Int128 ticks) => ticks switch
    {
        _ when ticks == 0 => "0 s",
        _ when ticks < Millisecond => One(ticks, Microsecond, "µs"),
        _ when ticks < Second => One(ticks, Millisecond, "ms"),
        _ when ticks < 2 * Minute => One(ticks, Second, "s"),
        _ when ticks < Hour => Two(ticks, Minute, "min", Second, "s"),
        _ when ticks < 2 * Day => Two(ticks, Hour, "h", Minute, "min"),
        _ => Two(ticks, Day, "d", Hour, "h"),
    };

    private static string One(Int128 ticks, long unit, string name) =>
        ((decimal)(long)ticks / unit).ToString("0.##", CultureInfo.InvariantCulture) + " " + name;

    private static string Two(Int128 ticks, long unit, string name, long below, string belowName)
    {
        var (whole, rest) = Int128.DivRem(ticks, unit);
        var text = string.Create(CultureInfo.InvariantCulture, $"{whole} {name}");
        return rest < below ? text : string.Create(CultureInfo.InvariantCulture, $"{text} {rest / below} {belowName}");
    }
}

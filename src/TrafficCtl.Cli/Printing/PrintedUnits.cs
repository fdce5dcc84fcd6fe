extern alias BesideOnly;
using BesideOnly::TrafficCtl.Core.Formatting;
using BesideOnly::TrafficCtl.Core.Rollouts;
using Google.Protobuf.WellKnownTypes;

namespace TrafficCtl.Cli.Printing;

/// <summary>Numbers and states as people read them.</summary>
/// <remarks>Core has the only format of each kind, and this class is the only one here that reaches it.</remarks>
internal static class PrintedUnits
{
    /// <summary>Basis points as <c>5 %</c>.</summary>
    public static string Share(int basisPoints) => NumberText.Share(basisPoints);

    /// <summary>0..1 as <c>0.12 %</c>.</summary>
    public static string Percent(double ratio) => NumberText.Percent(ratio);

    public static string Rate(double perSecond) => NumberText.Rate(perSecond);

    public static string Count(double count) => NumberText.Count(count);

    /// <summary>A quotient such as <c>1.05</c>.</summary>
    public static string Factor(double quotient) => NumberText.Factor(quotient);

    public static string Evidence(double e) => NumberText.Evidence(e);

    /// <summary><c>9.2 ms</c>; 0 means that nothing was measured.</summary>
    public static string Latency(double seconds) => seconds == 0 ? "-" : DurationText.OfSeconds(seconds);

    /// <summary>What is configured or was measured.</summary>
    public static string Span(TimeSpan span) => DurationText.Of(span);

    public static string Span(Duration duration) => Span(duration.ToTimeSpan());

    /// <summary>What has passed, rounded down.</summary>
    public static string Elapsed(TimeSpan span) => DurationText.Elapsed(span);

    /// <summary>What is left, rounded up.</summary>
    public static string Left(TimeSpan span) => DurationText.Left(span);

    /// <summary>A forecast or an age.</summary>
    public static string About(TimeSpan span) => DurationText.About(span);

    /// <summary>From one instant of the daemon's clock to another.</summary>
    public static string Since(Timestamp then, Timestamp now) => Elapsed(now.ToDateTimeOffset() - then.ToDateTimeOffset());

    /// <summary>How long ago, roughly.</summary>
    public static string Ago(Timestamp then, Timestamp now) => $"{About(now.ToDateTimeOffset() - then.ToDateTimeOffset())} ago";

    /// <summary>What people read for a state: <c>watch</c> for <c>Baking</c>.</summary>
    public static string Phase(string name) => PhaseWords.Of(name);

    public static string Time(Timestamp at) => InstantText.TimeOfDay(at.ToDateTimeOffset());

    /// <summary>With the day of the week: a time that is yet to come.</summary>
    public static string Coming(Timestamp at) => InstantText.Coming(at.ToDateTimeOffset());

    public static string DayAndTime(Timestamp at) => InstantText.Of(at.ToDateTimeOffset());
}

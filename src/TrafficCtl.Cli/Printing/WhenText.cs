using Google.Protobuf.WellKnownTypes;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Printing;

/// <summary>Forecasts for a reader.</summary>
internal static class WhenText
{
    public static void Write(WhenResponse when, TextWriter to)
    {
        if (when.Versions.Count == 0) to.WriteLine($"nothing of {when.Service} was published yet");
        foreach (var version in when.Versions)
        {
            foreach (var environment in version.Environments)
            {
                var sentence = $"{version.Version}: {environment.Environment} {Of(environment, when.At)}";
                WrappedText.Write(sentence, "", "  ", to);
                foreach (var without in environment.Without)
                    WrappedText.Write(
                        $"would be in {environment.Environment} since {PrintedUnits.DayAndTime(without.Since)} without {without.Gate}",
                        "  ", "  ", to);
            }
        }
    }

    /// <summary><c>Tue 2026-01-06 10:40Z if approve in prod passes</c>.</summary>
    public static string Of(PromotionForecast forecast, Timestamp now)
    {
        if (forecast.Never.Length > 0 || forecast.At is null) return $"not by itself: {forecast.Never}";
        var at = forecast.At.ToDateTimeOffset() <= now.ToDateTimeOffset() ? "now" : PrintedUnits.Coming(forecast.At);
        return forecast.If.Count == 0 ? at : $"{at} if {string.Join(" and ", forecast.If.Select(Condition))}";
    }

    private static string Of(EnvironmentForecast environment, Timestamp now)
    {
        if (environment.Forecast is { } forecast) return Of(forecast, now);
        if (environment.GoodAt is { } good) return $"Good since {PrintedUnits.DayAndTime(good)}";
        return environment.EnteredAt is { } entered
            ? $"{environment.Phase} since {PrintedUnits.DayAndTime(entered)}".TrimStart()
            : environment.Phase;
    }

    /// <summary>A gate is named by itself; other conditions are sentences.</summary>
    private static string Condition(string condition) =>
        condition.StartsWith("promote ", StringComparison.Ordinal) || condition.EndsWith("its requests", StringComparison.Ordinal)
            ? condition
            : $"{condition} is answered";
}

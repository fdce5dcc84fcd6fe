using System.Globalization;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Hosting;

namespace TrafficCtl.Offline.Replaying;

/// <summary>Which recorded rollouts are judged again, and how.</summary>
public sealed record ReplayRequest
{
    public const int DefaultLast = 20;
    public const int MostLast = 10_000;

    public string DataDirectory { get; init; } = DaemonOptions.DefaultDataDirectory;

    /// <summary>Null for all.</summary>
    public string? Service { get; init; }

    /// <summary>One of them by its id; null for all.</summary>
    public string? Rollout { get; init; }

    /// <summary>A file of tolerances (<see cref="AnalysisFile"/>); what it leaves out, and all when it is null, is as recorded.</summary>
    public string? AnalysisFile { get; init; }

    /// <summary>The newest so many, 1..<see cref="MostLast"/>.</summary>
    public int Last { get; init; } = DefaultLast;

    /// <summary>Only those with windows after this; null for all.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>An age such as <c>7d</c>, or a time in UTC such as <c>2026-01-31</c> or <c>2026-01-31T12:00:00Z</c>.</summary>
    public static bool TryParseSince(string text, DateTimeOffset now, out DateTimeOffset since)
    {
        if (Durations.TryParse(text, out var age))
        {
            since = now - DateTimeOffset.UnixEpoch > age ? now - age : DateTimeOffset.UnixEpoch;
            return true;
        }

        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out since);
    }
}

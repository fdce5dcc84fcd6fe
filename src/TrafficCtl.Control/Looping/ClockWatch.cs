using Microsoft.Extensions.Logging;
using TrafficCtl.Control.Telemetry;
using TrafficCtl.Control.Timing;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Control.Looping;

/// <summary>Sees the time of day being set against the monotonic clock from round to round, and warns of it for a while.</summary>
internal sealed partial class ClockWatch(TimeProvider clock, Views views, ControlMetrics counts, ILogger log)
{
    /// <summary>How long the warning stands.</summary>
    public static readonly TimeSpan Shown = TimeSpan.FromMinutes(10);

    private const string Source = "clock";

    private Instant? last;
    private TimeSpan? shownSince;

    public void Look()
    {
        var now = clock.Now();
        var jump = last is { } before ? now.JumpSince(before) : TimeSpan.Zero;
        last = now;
        if (jump != TimeSpan.Zero)
        {
            counts.ClockJumped();
            var words = TimeWords.Jump(jump);
            Jumped(log, words);
            views.Notice(Source, $"{words}. Since {InstantText.Of(now.At)} dwell, holdback, watch and deadlines go on by elapsed time; "
                + "times of day before and after do not compare");
            shownSince = now.Running;
        }
        else if (now.Running - shownSince >= Shown)
        {
            views.Notice(Source, null);
            shownSince = null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "{What}. Elapsed times of rollouts go on; windows of time follow the new time of day")]
    private static partial void Jumped(ILogger log, string what);
}

using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Control.Timing;

/// <summary>How facts and warnings speak of clocks.</summary>
internal static class TimeWords
{
    /// <summary>What was seen, and what it may have been.</summary>
    public static string Jump(TimeSpan jump) => jump > TimeSpan.Zero
        ? $"the clock of this machine went {DurationText.About(jump)} ahead between two rounds: it was set, or the machine was suspended"
        : $"the clock of this machine was set back by {DurationText.About(-jump)}";
}

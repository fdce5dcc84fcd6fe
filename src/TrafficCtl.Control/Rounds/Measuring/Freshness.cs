using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

internal static class Freshness
{
    /// <summary>A reading that is stamped far ahead of now was stamped before the clock was set back: its age is unknown.</summary>
    public static bool IsFresh(Reading reading, Moment now) => (now.At - reading.At).Duration() < reading.ValidFor;
}

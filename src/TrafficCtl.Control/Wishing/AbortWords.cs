using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Wishing;

/// <summary>An abort for a reader, the same from every router.</summary>
public static class AbortWords
{
    /// <summary><c>an abort that is not recorded yet (ann, 2026-01-01 12:00:00Z: on fire)</c>.</summary>
    public static string Unrecorded(Wish abort) =>
        $"an abort that is not recorded yet ({abort.Who}, "
            + $"{InstantText.Of(abort.At)}{(abort.Reason.Length == 0 ? "" : $": {abort.Reason}")})";
}

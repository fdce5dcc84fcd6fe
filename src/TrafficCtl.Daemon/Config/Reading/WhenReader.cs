using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>The key <c>when</c>: the gates <c>window</c> and <c>freeze</c> in the words of a calendar.</summary>
internal static class WhenReader
{
    /// <summary>Windows repeat each week, so any year shows whether they meet; this one has a leap day.</summary>
    private static readonly DateTimeOffset AnyYear = new(2028, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static SectionShape Shape => new(
        "the times of rollouts",
        [
            new("allow", Calendars.Window, "The hours of the week in which a step may begin.", Absent: "any"),
            new(
                "freeze", new ListShape("dates", Calendars.Freeze, 1, 64) { Example = "[2026-12-20..2027-01-02]" },
                "Dates on which no step begins, the last one included; by the clocks of allow where they name no time zone, else UTC.",
                Absent: "none"),
        ],
        [], [])
    {
        Main = "allow",
        Example = "{ allow: \"mon-thu 09:00-16:00 Europe/Berlin\", freeze: [2026-12-20..2027-01-02] }",
        File = static () => DeliverySchema.Root,
    };

    public static IEnumerable<Gate> Read(Value.Section when)
    {
        var allow = when.Find("allow") is Value.Leaf { Content: TimeWindow window } ? window : null;
        if (allow is not null) yield return new WindowGate([allow]);
        if (when.Find("freeze") is Value.Items freeze)
            yield return new FreezeGate([.. freeze.All<Calendars.Frozen>().Select(f => f.In(allow?.Zone ?? "UTC"))]);
    }

    /// <summary>A step needs every window at once: those that are never open together would hold for ever.</summary>
    public static void CheckTogether(Value.Section root, IReadOnlyCollection<Gate> gates, Report report)
    {
        var windows = gates.OfType<WindowGate>().ToImmutableArray();
        if (windows.Length < 2 || WindowGate.DoMeet(windows, AnyYear)) return;
        var at = root.Find("when") ?? root.Find("needs") ?? root;
        report.Add(
            at.Node, at.Path,
            $"these windows are never open at once, so no step could begin: {string.Join("; ", windows.Select(w => w.Key))}",
            "write windows of which one is enough into one list: `window: [\"mon 09:00-10:00 UTC\", \"tue 09:00-10:00 UTC\"]`");
    }
}

using Spectre.Console;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>The plan's steps: done, present, to come. Of a long plan the steps around the present one are shown.</summary>
internal static class PlanLine
{
    public static Paragraph Of(RolloutStatus rollout, Layout layout)
    {
        var steps = Enumerable.Range(0, rollout.Plan.Count).Select(i => $"{Mark(rollout, i)} {Standing.Planned(rollout, i)}").ToArray();
        var (first, last, gap) = Shown(steps, Math.Clamp(rollout.Step - 1, 0, Math.Max(0, steps.Length - 1)), layout.Text);
        var line = layout.Line("plan");
        if (first > 0) line.Append("… ", Layout.Dim);
        for (var i = first; i <= last; i++)
        {
            if (i > first) line.Append(Between(i < rollout.Step, gap), i < rollout.Step ? new Style(Color.Green) : Layout.Dim);
            var style = i < rollout.Step - 1 ? new Style(Color.Green)
                : i == rollout.Step - 1 ? new Style(WatchView.ColorOf(rollout.Phase), decoration: Decoration.Bold)
                : Layout.Dim;
            line.Append(steps[i], style);
        }

        return last < steps.Length - 1 ? line.Append(" …", Layout.Dim) : line;
    }

    private static string Mark(RolloutStatus rollout, int at) => at < rollout.Step - 1 ? "✓" : at == rollout.Step - 1 ? "●" : "○";

    private static string Between(bool isDone, int gap) => gap == 1 ? " " : isDone ? " ━━ " : " ── ";

    /// <summary>All with wide gaps, else with narrow ones, else as many as fit on both sides of the present one.</summary>
    private static (int First, int Last, int Gap) Shown(string[] steps, int present, int room)
    {
        if (steps.Length == 0) return (0, -1, 4);
        foreach (var gap in (int[])[4, 1])
            if (steps.Sum(Layout.Cells) + (gap * (steps.Length - 1)) <= room) return (0, steps.Length - 1, gap);
        var (first, last, used) = (present, present, Layout.Cells(steps[present]) + 4);
        while (true)
        {
            var after = last + 1 < steps.Length ? Layout.Cells(steps[last + 1]) + 1 : int.MaxValue;
            var before = first > 0 ? Layout.Cells(steps[first - 1]) + 1 : int.MaxValue;
            if (after <= room - used && last - present <= present - first) (last, used) = (last + 1, used + after);
            else if (before <= room - used) (first, used) = (first - 1, used + before);
            else if (after <= room - used) (last, used) = (last + 1, used + after);
            else return (first, last, 1);
        }
    }
}

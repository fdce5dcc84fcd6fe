using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Watching;

/// <summary>A line for each change, where nobody looks at a terminal.</summary>
internal sealed class WatchLines(TextWriter to)
{
    private readonly Dictionary<string, string> said = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ServiceStatus> seen = new(StringComparer.Ordinal);

    public void Show(ServiceStatus status)
    {
        var what = WhatOf(status);
        var alarms = string.Concat(status.Warnings.Select(w => $" ! {w}"));
        var key = what.Stand + alarms;
        var name = TargetName.Of(status);
        if (said.GetValueOrDefault(name) == key) return;
        said[name] = key;
        to.WriteLine(
            $"{PrintedUnits.DayAndTime(status.At)} {Shown(status)}: {what.Stand}{(what.Why.Length > 0 ? $": {what.Why}" : "")}{alarms}");
        to.Flush();
    }

    /// <summary>The service alone, until a second target of it is seen.</summary>
    private string Shown(ServiceStatus status)
    {
        seen[TargetName.Of(status)] = status;
        return TargetName.Among(status, seen.Values);
    }

    /// <summary>What makes a new line when it differs, and its reason, which alone does not.</summary>
    private static (string Stand, string Why) WhatOf(ServiceStatus status)
    {
        if (status.Rollout is { } rollout)
        {
            var breaker = rollout.Breaker.Length > 0 ? $", breaker: {rollout.Breaker}" : "";
            return (
                $"{rollout.Id} {rollout.Stable} -> {rollout.Candidate} {Standing.Stand(rollout)}, {Standing.Weight(rollout)}{breaker}",
                rollout.Reason);
        }

        return status.Previous is { } last
            ? ($"serves {Standing.Serves(status)}; {last.Id} {PrintedUnits.Phase(last.Phase)}", last.Reason)
            : ($"serves {Standing.Serves(status)}; rollout: {Standing.NoRollout(status)}", "");
    }
}

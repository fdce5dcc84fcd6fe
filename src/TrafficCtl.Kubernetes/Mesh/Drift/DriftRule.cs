using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Drift;

/// <summary>What is done about an external change of the split.</summary>
internal static class DriftRule
{
    /// <summary>
    /// A person who lowers the candidate has aborted it, under every policy; else the policy decides, and who fights is let win.
    /// </summary>
    public static Control.Ports.Drift Judge(DriftCase at, MeshSettings settings)
    {
        var who = at.By?.ToString() ?? "somebody unknown";
        var isPerson = at.By?.IsGitOps != true;
        var decide = at.IsExposed
            ? "trafficctl resume writes the asked split again, abort ends the rollout"
            : $"trafficctl resume writes {at.WroteText} again";
        var (answer, why) = at switch
        {
            { IsExposed: true } when isPerson && at.IsLowered =>
                (DriftAnswer.Abort, "the candidate's traffic was taken away, so the rollout ends"),
            _ => at.Policy switch
            {
                DriftPolicy.Correct => (DriftAnswer.Correct, "it is written again"),
                DriftPolicy.Pause => (DriftAnswer.Pause, $"it is left alone until a person decides: {decide}"),
                DriftPolicy.Adopt => (DriftAnswer.Adopt, "it is left as it is until the next decision"),
                _ => isPerson
                    ? (DriftAnswer.Pause, $"a person's change is left alone until a person decides: {decide}")
                    : (DriftAnswer.Correct, "it is written again"),
            },
        };
        if (answer == DriftAnswer.Correct && at.RecentCorrections >= settings.MostCorrections)
        {
            (answer, why) = (
                DriftAnswer.Pause,
                $"FightingManager: it was corrected {at.RecentCorrections} times within {DurationText.Of(settings.FlapWindow)}, so it is "
                    + $"left alone; tell {who} to leave the weights (docs/gitops.md), then {decide}");
        }

        return new(at.Found, who, at.By?.At, answer, $"the weights of {at.What} changed from {at.WroteText} to {at.FoundText} by "
            + $"{who}{When(at.By?.At)}: {why}");
    }

    /// <summary>The object is no longer there, and nobody keeps books of who deletes.</summary>
    public static Control.Ports.Drift Gone(string fault) =>
        new(null, "whoever deleted the routing object", null, DriftAnswer.Pause, $"what split the traffic was deleted: {fault}");

    /// <summary>The object can no longer be understood.</summary>
    public static Control.Ports.Drift Structural(string what, FieldManager? manager, string fault) => new(
        null, manager?.ToString() ?? "somebody unknown", manager?.At, DriftAnswer.Pause,
        $"{what} no longer has the shape that weights were written "
            + $"into{(manager is null ? "" : $", last written by {manager}{When(manager.At)}")}: {fault}");

    private static string When(DateTimeOffset? at) => at is { } time ? $" at {InstantText.Of(time)}" : "";
}

/// <param name="What">The object, for a person.</param>
/// <param name="Found">The candidate's share that stands there.</param>
/// <param name="Wrote">The candidate's share that was written.</param>
/// <param name="By">Null when nobody kept books.</param>
internal sealed record DriftCase(string What, DriftPolicy Policy, Weights Found, Weights Wrote, FieldManager? By)
{
    /// <summary>All weights that stand there, for a person.</summary>
    public required string FoundText { get; init; }

    /// <summary>All weights that were written, for a person.</summary>
    public required string WroteText { get; init; }

    /// <summary>A rollout exposes its candidate now, or has copies sent to it.</summary>
    public bool IsExposed { get; init; }

    /// <summary>Within the flap window.</summary>
    public int RecentCorrections { get; init; }

    /// <summary>Fewer requests are copied than was written.</summary>
    public bool IsShadowLowered { get; init; }

    public bool IsLowered => Found < Wrote || (Found == Wrote && IsShadowLowered);
}

using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion;

public enum TargetAction
{
    /// <summary>It has what it is to have.</summary>
    Keep,

    /// <summary>Begin a rollout of the bundle; one that is before 100 % is superseded.</summary>
    Start,

    /// <summary>Its rollout is of the right bundle and may begin its next step.</summary>
    Continue,

    /// <summary>Its rollout is of the right bundle and begins no step: nothing failed.</summary>
    Pause,

    /// <summary>What it runs, or is being given, must not run: go back now.</summary>
    GoBack,

    /// <summary>Nothing can be done there yet.</summary>
    Wait,
}

/// <summary>What one target is to do.</summary>
/// <param name="Bundle">What it is to run; null where it stays as it is.</param>
/// <param name="Reason">Why it is to start, for the fact that records it; null for other actions.</param>
/// <param name="FallBack">Where its rollout may go if it fails: good and able to read the data; null where nothing is.</param>
public sealed record TargetDecision(
    string Target, TargetAction Action, Bundle? Bundle, StartReason? Reason, string Why, Bundle? FallBack);

namespace TrafficCtl.Core.Targets;

/// <summary>
/// What is done when the live weights are not the ones last written. One that lowers the candidate by a person's hand is an abort under
/// each of them.
/// </summary>
public enum DriftPolicy
{
    /// <summary>Correct what a known GitOps manager wrote, pause for a person.</summary>
    Auto,
    Correct,
    Pause,
    Adopt,
}

namespace TrafficCtl.Core.Rollouts;

/// <summary>What people read for the state of a rollout. The API, metrics, custom resources and recorded data keep its name.</summary>
public static class PhaseWords
{
    /// <summary>Stands for a phase where the record of the rollout cannot be read.</summary>
    public const string Unknown = "Unknown";

    /// <param name="name"><see cref="Phase.Name"/>; one of a newer build stays as it is.</param>
    public static string Of(string name) => name switch
    {
        nameof(Phase.Waiting) => "waiting",
        nameof(Phase.Shifting) => "shifting",
        nameof(Phase.Observing) => "observing",
        nameof(Phase.Baking) => "watch",
        nameof(Phase.Good) => "good",
        nameof(Phase.Paused) => "paused",
        nameof(Phase.RollingBack) => "rolling back",
        nameof(Phase.RolledBack) => "rolled back",
        nameof(Phase.Superseded) => "superseded",
        nameof(Phase.Aborted) => "aborted",
        Unknown => "unknown",
        _ => name,
    };

    /// <summary>After "it is": <c>observing</c>, <c>in its watch</c>.</summary>
    public static string InSentence(Phase phase) => phase is Phase.Baking ? "in its watch" : Of(phase.Name);
}

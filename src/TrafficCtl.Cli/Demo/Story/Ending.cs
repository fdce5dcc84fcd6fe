using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Story;

/// <summary>How a rollout ended.</summary>
internal sealed record Ending(Outcome Outcome, string Why)
{
    /// <summary>Null while it goes on. A pause ends the demonstration: only a person goes on from there.</summary>
    public static Ending? Of(ServiceStatus status)
    {
        var rollout = status.Rollout ?? status.Previous;
        return rollout?.Phase switch
        {
            "Good" => new(Outcome.Promoted, rollout.Reason),
            "RolledBack" => new(Outcome.RolledBack, rollout.Reason),
            "Paused" => new(Outcome.Paused, rollout.Reason),
            "Aborted" or "Superseded" => new(Outcome.Aborted, rollout.Reason),
            _ => null,
        };
    }
}

using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Story;

/// <summary>How a rollout ended.</summary>
internal sealed record DemoEnding(DemoOutcome Outcome, string Why)
{
    /// <summary>Null while it goes on. A pause ends the demonstration: only a person goes on from there.</summary>
    public static DemoEnding? Of(ServiceStatus status)
    {
        var rollout = status.Rollout ?? status.Previous;
        return rollout?.Phase switch
        {
            "Good" => new(DemoOutcome.Promoted, rollout.Reason),
            "RolledBack" => new(DemoOutcome.RolledBack, rollout.Reason),
            "Paused" => new(DemoOutcome.Paused, rollout.Reason),
            "Aborted" or "Superseded" => new(DemoOutcome.Aborted, rollout.Reason),
            _ => null,
        };
    }
}

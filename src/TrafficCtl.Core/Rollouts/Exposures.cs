using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Rollouts;

/// <summary>Weights as a function of plan and state.</summary>
public static class Exposures
{
    /// <summary>Who is exposed in this phase. Cohorts of earlier steps keep the share they reached.</summary>
    public static Exposure For(Plan plan, Phase phase) => throw new NotSupportedException("shell");

    /// <summary>What the router is to be told about an active or just ended rollout.</summary>
    public static ServiceRoute RouteFor(Plan plan, RolloutState state) => throw new NotSupportedException("shell");

    /// <summary>The general weight that the judge is asked about: of the step after <paramref name="phase"/>.</summary>
    public static Weights Next(Plan plan, Phase phase) => throw new NotSupportedException("shell");
}

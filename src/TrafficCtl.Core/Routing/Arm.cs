namespace TrafficCtl.Core.Routing;

/// <summary>The two sides of a rollout.</summary>
public enum Arm : byte
{
    Stable = 0,
    Candidate = 1,
}

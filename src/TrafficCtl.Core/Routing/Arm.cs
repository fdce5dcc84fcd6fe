using System.Diagnostics.CodeAnalysis;

namespace TrafficCtl.Core.Routing;

/// <summary>The two sides of a rollout.</summary>
[SuppressMessage("Naming", "CA1724", Justification = "The word of the field; System.Runtime.Intrinsics.Arm is not used here.")]
public enum Arm : byte
{
    Stable = 0,
    Candidate = 1,
}

using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion;

/// <summary>A gate is to be asked of a bundle.</summary>
/// <param name="Gate">The id of the gate, or <see cref="ReservedGates.Proposal"/>.</param>
/// <param name="Round">From 0.</param>
/// <param name="IsVerification">It is asked of a bundle that runs in the environment.</param>
public sealed record Question(string Service, string Environment, string Gate, Bundle Bundle, int Round, bool IsVerification)
{
    /// <summary>The same for the same question after any restart, and of no other.</summary>
    public string Id => $"{Service}/{Environment}/{Gate}/{Bundle.Hash[..16]}#{Round}";
}

using TrafficCtl.Core.Promotion.Bundles;

namespace TrafficCtl.Core.Promotion;

/// <summary>Says of a gate that is not open what would open it.</summary>
internal static class GateBlocks
{
    public static Block Of(Bundle bundle, GateStatus status) => new(
        bundle, BlockKind.Gate, status.Gate.Id, status.Gate.Owner, status.Since, $"{status.Gate.Id}: {status.Why}", status.Stand switch
        {
            GateStand.Failed => $"publish a fixed version: {status.Gate.Id} decided against {bundle.Name}",
            GateStand.Closed => $"{status.Gate.Id} opens again",
            _ => status.Gate.Owner is { } owner ? $"{owner} answers {status.Gate.Id}" : $"{status.Gate.Id} opens",
        });
}

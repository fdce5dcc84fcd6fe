using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>
/// Informers lag, and a watch can be dead for minutes unnoticed: the API server itself is asked about slots that are to be raised.
/// </summary>
internal sealed class SlotEndpoints(IClusterTargets targets, TimeProvider clock)
{
    /// <summary>How long a write waits for the server's answer.</summary>
    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(2);

    /// <summary>Known to have no ready endpoint.</summary>
    public bool IsEmpty(SlotsAsked asked, ClusterTarget target, Slot slot) =>
        asked.Empty.Contains(slot.Service) || targets.EndpointsOf(target.Namespace, slot.Service) == 0;

    /// <summary>Asks about each slot that was not asked about in this write.</summary>
    public async ValueTask<SlotsAsked> AskAsync(SlotsAsked asked, ClusterTarget target, IEnumerable<Slot> slots, CancellationToken stop)
    {
        foreach (var slot in slots)
        {
            if (asked.Empty.Contains(slot.Service) || asked.All.Contains(slot.Service)) continue;
            asked = asked with { All = asked.All.Add(slot.Service) };
            if (await IsEmptyNowAsync(target, slot, stop)) asked = asked with { Empty = asked.Empty.Add(slot.Service) };
        }

        return asked;
    }

    private async ValueTask<bool> IsEmptyNowAsync(ClusterTarget target, Slot slot, CancellationToken stop)
    {
        using var time = new CancellationTokenSource(LookTime, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        try
        {
            return await targets.EndpointsNowAsync(target.Namespace, slot.Service, either.Token) == 0;
        }
        catch (Exception fault) when (fault is KubeException or OperationCanceledException && !stop.IsCancellationRequested)
        {
            // A rollback depends on nothing that may be broken: what was last heard of the slot stands.
            return false;
        }
    }
}

/// <summary>What the server said in one write.</summary>
/// <param name="All">The Services it was asked about.</param>
/// <param name="Empty">Those of them that had no ready endpoint.</param>
internal sealed record SlotsAsked(ImmutableHashSet<string> All, ImmutableHashSet<string> Empty)
{
    public static readonly SlotsAsked None = new([], []);
}

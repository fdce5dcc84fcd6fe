using TrafficCtl.Control.Ports;
using TrafficCtl.Kubernetes.Leading;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>The leadership of a Lease, asked for once the informers know the cluster.</summary>
/// <remarks>A leader that does not know the cluster yet would hold up one that does.</remarks>
internal sealed class ClusterLeadership(
    ClusterRun cluster, ClusterIdentity identity, LeaseElection election, TimeProvider clock) : ILeadership
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public bool Holds(TimeSpan callTimeout) => election.Holds(callTimeout);

    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken stop)
    {
        try
        {
            await identity.ClaimAsync(stop);
            while (cluster.NotReadyBecause is not null) await Task.Delay(Pause, clock, stop);
            await election.RunAsync(lead, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As asked.
        }
    }
}

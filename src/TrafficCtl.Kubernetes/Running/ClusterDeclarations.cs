using System.Collections.Immutable;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>
/// The services of a cluster, in a process whose control loop runs whoever holds the Lease: they are its own only while it holds it.
/// </summary>
internal sealed class ClusterDeclarations(ControlLoop loop, Views views, Func<string> holder)
{
    private const string Source = "the cluster";

    private readonly Lock gate = new();
    private ImmutableArray<ServiceSpec> found = [];
    private bool leads;

    public void Found(ImmutableArray<ServiceSpec> services)
    {
        lock (gate)
        {
            found = services;
            Declare();
        }
    }

    /// <summary>From now on, until the term ends.</summary>
    public async Task LeadAsync(CancellationToken term)
    {
        Set(true);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, term);
        }
        finally
        {
            Set(false);
        }
    }

    private void Set(bool isLeading)
    {
        lock (gate)
        {
            leads = isLeading;
            Declare();
        }
    }

    private void Declare()
    {
        loop.SetServices(leads ? found : [], source: Source);
        views.Notice(Source, leads || found.IsEmpty ? null : Elsewhere());
    }

    private string Elsewhere() =>
        $"the services of the cluster ({found.Length}) are not driven here: {(holder() is { Length: > 0 } who ? who : "no process")} "
            + "holds the Lease; "
        + "this process drives them once it holds it";
}

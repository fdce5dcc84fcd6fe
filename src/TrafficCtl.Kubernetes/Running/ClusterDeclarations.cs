using System.Collections.Immutable;
using TrafficCtl.Control.Looping;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Kubernetes.Running;

/// <summary>
/// The services of a cluster, in a process whose control loop runs whoever holds the Lease: they are its own only while it holds it.
/// </summary>
internal sealed class ClusterDeclarations(
    string source, ControlLoop loop, Views views, Func<ClusterRun> run, ClusterIdentity identity, TimeProvider clock)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>What a cluster that answers takes to be listed: until then its silence is no trouble.</summary>
    private static readonly TimeSpan Listing = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();

    // It runs this, so it is made later.
    private readonly Lazy<ClusterRun> cluster = new(run);
    private readonly long began = clock.GetTimestamp();
    private ImmutableArray<ServiceSpec> found = [];
    private bool leads;

    /// <summary>In a sentence; null when they are, or when there is nothing to be said yet.</summary>
    public string? NotDrivenBecause
    {
        get
        {
            lock (gate) return Why();
        }
    }

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

    /// <summary>Keeps the notices of the process true, until stopped.</summary>
    /// <param name="former">Looked at once, when the services of the cluster are driven; null where there cannot be any.</param>
    /// <param name="stop">Ends it.</param>
    public async Task SayAsync(FormerRecords? former, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                lock (gate) Say();
                if (former is not null && await SayFormerAsync(former, stop)) former = null;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As asked.
        }
    }

    /// <returns>False when it is not known yet.</returns>
    private async Task<bool> SayFormerAsync(FormerRecords former, CancellationToken stop)
    {
        ImmutableArray<ServiceSpec> driven;
        lock (gate) driven = leads ? found : [];
        if (driven.IsEmpty) return false;
        try
        {
            views.Notice($"{source}, former records", await former.FindAsync(driven, stop));
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
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
        loop.SetServices(leads ? found : [], source: source);
        Say();
    }

    private void Say() => views.Notice(source, Why());

    private string? Why() => identity.SameAs is { } other ? Same(other)
        : leads ? null
        : cluster.Value.UnreachableBecause is { } unreachable ? NotAnswering(unreachable)
        : cluster.Value.NotReadyBecause is { } unknown ? clock.GetElapsedTime(began) < Listing ? null : NotAnswering(unknown)
        : cluster.Value.LeaseTrouble is { } trouble ? NotAnswering(trouble)
        : found.IsEmpty ? null : Elsewhere();

    private string Same(string other) =>
        $"{source} is the API server of the cluster {other} too: its services are driven once, as those of {other}. Name it once, or "
            + "another context";

    private string NotAnswering(string why) =>
        $"{source} is not driven here: {why.TrimEnd('.')}. What was applied there stays, other targets go on, and it is retried";

    private string Elsewhere() =>
        $"the services of {source} ({found.Length}) are not driven here: "
        + $"{(cluster.Value.Leader is { Length: > 0 } who ? who : "no process")} holds the Lease; this process drives them once it "
        + "holds it";
}

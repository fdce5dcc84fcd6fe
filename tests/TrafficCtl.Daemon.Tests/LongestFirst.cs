using TrafficCtl.Daemon.Tests;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace TrafficCtl.Daemon.Tests;

/// <summary>Begins with the classes that take minutes: one that began last would be waited for alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long =
    [
        nameof(Cluster.ThousandRolloutsTests), nameof(Cluster.Real.FakeClusterTests), nameof(Hosting.HostileClientsTests),
        nameof(Cluster.Faults.ServerFaultTests), nameof(Cluster.MeshRolloutTests), nameof(Cluster.Faults.RouteFaultTests),
    ];

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(static c => Rank(c.TestCollectionDisplayName)).ThenBy(static c => c.UniqueID, StringComparer.Ordinal)];

    private static int Rank(string collection) =>
        Array.FindIndex(Long, name => collection.Contains($".{name} ", StringComparison.Ordinal)) is >= 0 and var rank ? rank : Long.Length;
}

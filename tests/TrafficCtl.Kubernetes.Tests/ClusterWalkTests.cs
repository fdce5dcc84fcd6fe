using Xunit;

namespace TrafficCtl.Kubernetes.Tests;

/// <summary>
/// Whatever people do, with leaders that change in between: no write raises a slot without a ready endpoint, nothing is deleted that a live
/// object names, and when they stop, one version serves and the status says which.
/// </summary>
public sealed class ClusterWalkTests
{
    [Theory]
    [InlineData(false, 11)]
    [InlineData(false, 12)]
    [InlineData(true, 21)]
    [InlineData(true, 106)]
    [InlineData(true, 109)]
    [InlineData(true, 301)]
    public async Task No_act_of_anybody_breaks_what_must_hold(bool isManaged, int seed)
    {
        using var walk = new ClusterWalk(isManaged, seed);
        for (var part = 0; part < 10; part++)
        {
            await walk.WalkAsync(250);
            await walk.CalmAsync();
        }
    }
}

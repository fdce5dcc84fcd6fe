using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Snapshots;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Routing;

/// <summary>State files of builds that served one environment of each service, and so did not name it.</summary>
public sealed class FormerStateTests : IDisposable
{
    private readonly Bench bench = new();

    public void Dispose() => bench.Dispose();

    [Theory]
    [InlineData("default")]
    [InlineData("prod")]
    public void A_split_and_a_latch_go_on_in_the_environment_that_their_rollout_names(string environment)
    {
        var key = new TargetKey(Bench.Service, environment);
        Configure(environment);
        var id = $"checkout-{environment}-7";
        bench.Apply(new ServiceRoute(key, 41, "v2", "v3", id, Exposure.Of(Weights.OfCandidate(2_500))));
        FormerBuild();

        // A second environment of the service is new here.
        Configure(environment, "staging");

        var serving = bench.Services.Find(key)!.Current;
        Assert.Equal(
            ("v2", "v3", id, 2_500),
            (serving.Route.Stable, serving.Route.Candidate, serving.Route.RolloutId, serving.Effective.General.Candidate));
        var other = bench.Services.Find(new TargetKey(Bench.Service, "staging"))!.Current;
        Assert.Equal(("v1", -1L), (other.Route.Stable, other.Route.Generation));
        Assert.Equal(key, Assert.Single(bench.Router.LastKnown).Key);
    }

    [Theory]
    [InlineData("prod", "prod-eu")]
    [InlineData("prod-eu", "prod")]
    public void An_environment_whose_name_begins_with_another_ones_keeps_its_split(string first, string second)
    {
        Configure("prod-eu");
        bench.Apply(new ServiceRoute(
            new TargetKey(Bench.Service, "prod-eu"), 41, "v2", "v3", "checkout-prod-eu-7", Exposure.Of(Weights.OfCandidate(2_500))));
        FormerBuild();

        Configure(first, second);

        Assert.Equal("v3", bench.Services.Find(new TargetKey(Bench.Service, "prod-eu"))!.Current.Route.Candidate);
        Assert.Null(bench.Services.Find(new TargetKey(Bench.Service, "prod"))!.Current.Route.Candidate);
    }

    [Fact]
    public void Without_a_rollout_the_only_target_of_the_service_goes_on()
    {
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 41, "v2"));
        FormerBuild();

        Configure("prod");

        Assert.Equal("v2", bench.Services.Find(new TargetKey(Bench.Service, "prod"))!.Current.Route.Stable);
    }

    [Fact]
    public void Where_that_is_not_clear_no_target_begins_with_another_ones_route()
    {
        bench.Apply(ServiceRoute.Idle(Keys.Of(Bench.Service), 41, "v2"));
        FormerBuild();

        Configure("prod", "test");

        foreach (var environment in new[] { "prod", "test" })
            Assert.Equal("v1", bench.Services.Find(new TargetKey(Bench.Service, environment))!.Current.Route.Stable);
    }

    [Fact]
    public void A_trip_still_holds()
    {
        bench.Apply(Bench.Route(1, 500));
        bench.FailUntilTripped();
        FormerBuild();

        bench.Restart();

        Assert.NotNull(bench.Observe().Trip);
        Assert.Equal(Exposure.None, bench.Serving.Effective);
    }

    private void Configure(params string[] environments) =>
        bench.Restart([.. environments.Select(e => bench.Spec with { Environment = e })]);

    /// <summary>The files as a build of that time wrote them.</summary>
    private void FormerBuild()
    {
        bench.Router.Dispose();
        var snapshot = Path.Combine(bench.Directory, "snapshot.json");
        var json = JsonNode.Parse(File.ReadAllText(snapshot))!;
        foreach (var route in json["routes"]!.AsArray())
        {
            route!.AsObject().Remove("environment");
            route.AsObject().Remove("target");
        }

        File.WriteAllText(snapshot, json.ToJsonString());
        var (latches, sequence, slotBytes) = LatchText.Read(File.ReadAllBytes(bench.LatchFile));
        var former = latches.Values.Select(l => l with { Key = FormerKeys.Of(l.Key.Service) });
        File.WriteAllBytes(bench.LatchFile, LatchText.Whole(former, sequence, slotBytes)!);
    }
}

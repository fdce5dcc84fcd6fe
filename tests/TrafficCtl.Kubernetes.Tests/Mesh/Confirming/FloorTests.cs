using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Confirming;
using Xunit;
using static TrafficCtl.Kubernetes.Tests.Mesh.MeshTools;

namespace TrafficCtl.Kubernetes.Tests.Mesh.Confirming;

public sealed class FloorTests
{
    private static readonly OtherSender ToCanary = new("another rule of X (testers)", true, ["checkout-canary"]);
    private static readonly OtherSender ToStable = new("HTTPRoute shop/admin", false, ["checkout-stable"]);

    [Theory]
    [InlineData(0, 0, 0, 1)]
    [InlineData(0, 1000, 0.1, 1)]
    [InlineData(0, 10_000, 1, 1)]
    [InlineData(1, 0, 0, 0)]
    [InlineData(1, 1000, 0, 0.1)]
    [InlineData(1, 10_000, 0, 1)]
    public void A_rule_that_is_known_to_send_to_a_slot_may_send_any_part(int which, int asked, double low, double high)
    {
        var range = new Floor([which == 0 ? ToCanary : ToStable], null, null).Range(Wanted(Target("istio"), asked));
        Assert.Equal((low, high), (range!.Value.Low, range.Value.High));
    }

    [Fact]
    public void Without_rules_and_requests_of_others_nothing_is_possible_but_the_split()
    {
        Assert.Null(Floor.None.Range(Wanted(Target("istio"), 1000)));
        Assert.Null(new Floor([], Count(0, 0, 5000), Count(1000, 500, 5000)).Range(Wanted(Target("istio"), 2500)));
        // A handful measures nothing.
        Assert.Null(new Floor([], Count(0, 9, 49), null).Range(Wanted(Target("istio"), 1000)));
    }

    /// <summary>231 of 1000 went to the candidate for nothing: half to twice of that may.</summary>
    [Theory]
    [InlineData(0, 0.115, 0.462)]
    [InlineData(1000, 0.204, 0.516)]
    [InlineData(10_000, 1, 1)]
    public void What_the_candidate_had_at_0_is_expected_at_every_weight(int asked, double low, double high)
    {
        var range = new Floor([], Count(0, 231_000, 1_000_000), null).Range(Wanted(Target("istio"), asked))!.Value;
        Assert.Equal(low, range.Low, 0.01);
        Assert.Equal(high, range.High, 0.01);
    }

    /// <summary>43.5 % at a weight of 50 %: others send 13 % of all to stable.</summary>
    [Fact]
    public void What_others_send_to_stable_follows_from_the_step_before()
    {
        var floor = new Floor([], Count(0, 0, 100_000), Count(5000, 43_500, 100_000));
        var range = floor.Range(Wanted(Target("istio"), 10_000))!.Value;
        Assert.Equal(0.73, range.Low, 0.02);
        Assert.Equal(0.94, range.High, 0.02);
        Assert.Contains("43,500 of 100,000 (43.5 %) went to the candidate at 50 %, so others send to checkout-stable",
            floor.Cause(Wanted(Target("istio"), 10_000)), StringComparison.Ordinal);
        // A weight without any effect is no floor.
        Assert.Null(new Floor([], Count(0, 0, 100_000), Count(5000, 0, 100_000)).Range(Wanted(Target("istio"), 10_000)));
    }

    [Theory]
    [InlineData(ShareScope.Rule, 0)]
    [InlineData(ShareScope.Route, 1)]
    [InlineData(ShareScope.Service, 2)]
    [InlineData(ShareScope.Workload, 2)]
    public void Only_rules_that_are_counted_with_the_managed_one_explain_anything(ShareScope scope, int rules)
    {
        var sample = new ShareSample("r", Weights.AllStable, 0, 1, default, default) { Scope = scope };
        Assert.Equal(rules, Floor.Of([ToCanary, ToStable], sample).Rules.Length);
    }

    [Fact]
    public void The_cause_names_three_rules_and_counts_the_others() => Assert.Equal(
        "another rule of X (testers) sends to checkout-canary too, another rule of X (testers) sends to checkout-canary too, "
        + "another rule of X (testers) sends to checkout-canary too, and 2 more rules do",
        new Floor([ToCanary, ToCanary, ToCanary, ToCanary, ToStable], null, null).Cause(Wanted(Target("istio"), 1000)));

    private static ShareCount Count(int asked, long candidate, long total) => new(Weights.OfCandidate(asked), candidate, total);
}

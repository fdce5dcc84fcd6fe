using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh;
using TrafficCtl.Kubernetes.Mesh.Confirming;
using Xunit;
using static TrafficCtl.Kubernetes.Tests.Mesh.MeshTools;

namespace TrafficCtl.Kubernetes.Tests.Mesh;

public class ConfirmationTests
{
    [Theory]
    [InlineData(3, 10, 0.5, 0.171875)]
    [InlineData(0, 20, 0.1, 0.12157665)]
    [InlineData(1, 50, 0.05, 0.27943)]
    [InlineData(60, 1000, 0.08, 0.00935)]
    public void Tails_are_those_of_the_binomial_distribution(long x, long n, double p, double expected) =>
        Assert.Equal(expected, BinomialTails.Lower(x, n, p, 1), 0.0002);

    [Fact]
    public void Tails_agree_where_the_approximation_takes_over()
    {
        Assert.Equal(BinomialTails.Lower(90, 2000, 0.05, 1), BinomialTails.Lower(90, 2001, 0.05, 1), 0.01);
        Assert.True(BinomialTails.Upper(200, 2001, 0.05, 1) < 1e-6);
        Assert.True(BinomialTails.Upper(200, 2001, 0.05, 30) > 1e-3);
    }

    [Theory]
    [InlineData(10, 0, 0, 2500, 0, "waits for requests")]
    [InlineData(10, 10, 40, 2500, 0, "40 of 50 requests")]
    [InlineData(10, 12, 50, 2500, 1000, null)]
    [InlineData(10, 5, 50, 2500, 1000, "still show the split before")]
    [InlineData(10, 1, 200, 2500, 0, "do not show the split: 1 of 200 (0.5 %)")]
    [InlineData(10, 100, 200, 2500, 0, "do not show the split")]
    [InlineData(10, 0, 100, 0, 2500, null)]
    [InlineData(10, 1, 100, 0, 2500, "1 of the newest 100 requests still went to candidate")]
    [InlineData(10, 100, 100, 10000, 9500, null)]
    [InlineData(10, 99, 100, 10000, 9500, "1 of the newest 100 requests still went to stable")]
    [InlineData(130, 0, 0, 2500, 0, "counts as in force")]
    [InlineData(130, 2, 10, 2500, 0, null)]
    [InlineData(130, 0, 49, 2500, 0, "do not show the split")]
    public void A_split_is_in_force_when_the_requests_say_so_or_none_says_otherwise_for_long_enough(
        int seconds, long candidate, long total, int asked, int before, string? why)
    {
        var finding = ShareRule.Judge(
            MeshSettings.Default, Wanted(Target("istio"), asked), Weights.OfCandidate(before),
            new ShareCounts(candidate, total, candidate, total), TimeSpan.FromSeconds(seconds), Floor.None);
        Assert.Equal(why is null || (seconds > 120 && total == 0), finding.IsInForce);
        if (why is null) Assert.Null(finding.Why);
        else Assert.Contains(why, finding.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cohort_of_its_own_weights_makes_a_range_of_shares_right()
    {
        var wanted = Wanted(Target("istio"), 1000, (Employees, 10_000));
        Assert.True(IsInForce(wanted, new ShareCounts(400, 1000, 400, 1000)));
        Assert.False(IsInForce(wanted, new ShareCounts(20, 1000, 20, 1000)));
    }

    [Fact]
    public void Users_scatter_more_than_requests()
    {
        var target = Target("istio") with { IsSplitByBucket = true };
        var window = new ShareCounts(140, 1000, 140, 1000);
        Assert.True(IsInForce(Wanted(target, 1000), window));
        Assert.False(IsInForce(Wanted(Target("istio"), 1000), window));
    }

    [Fact]
    public async Task An_idle_service_does_not_hang_and_says_so()
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        await stage.AskAsync(1000);
        stage.Wait(60);
        var status = await stage.ObserveAsync();
        Assert.NotNull(status.Pending);
        Assert.Contains("waits for requests", status.WaitsFor, StringComparison.Ordinal);
        Assert.Null(status.Warning);
        stage.Wait(61);
        status = await stage.ObserveAsync();
        Assert.Null(status.Pending);
        Assert.Equal(1000, status.EffectiveExposure.General.Candidate);
        Assert.Contains("counts as in force after 2 min", status.Warning, StringComparison.Ordinal);
        Assert.Null(status.WaitsFor);
    }

    [Fact]
    public async Task The_route_before_stays_the_one_in_force_until_the_requests_show_the_new_one()
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        await stage.ReachAsync(1000);
        await stage.AskAsync(5000);
        Show(stage, 5, 10, 100);
        var status = await stage.ObserveAsync();
        Assert.Equal(1000, status.Route.Exposure.General.Candidate);
        Assert.Equal(5000, status.Pending!.Exposure.General.Candidate);
        Show(stage, 5, 61, 201);
        status = await stage.ObserveAsync();
        Assert.Equal(5000, status.Route.Exposure.General.Candidate);
        Assert.Null(status.Pending);
        Assert.Null(status.Warning);
    }

    [Fact]
    public async Task A_decision_that_changes_no_split_is_in_force_at_once()
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        await stage.ReachAsync(1000);
        await stage.AskAsync(1000);
        var status = await stage.ObserveAsync();
        Assert.Null(status.Pending);
        Assert.Equal(3, status.Route.Generation);
    }

    [Fact]
    public async Task A_rollback_is_in_force_when_the_newest_requests_all_went_to_stable()
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        await stage.ReachAsync(5000);
        await stage.AskAsync(0);
        Show(stage, 1, 3, 100);
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        Show(stage, 5, 3, 160);
        Assert.Null((await stage.ObserveAsync()).Pending);
    }

    [Fact]
    public async Task A_contradiction_stays_one_until_as_many_requests_show_the_split()
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        await stage.AskAsync(1000);
        Show(stage, 60, 839, 2659);
        var status = await stage.ObserveAsync();
        Assert.Contains("839 of 2,659 (31.6 %) went to the candidate, and 10 % is asked", status.WaitsFor, StringComparison.Ordinal);
        stage.Wait(120);
        status = await stage.ObserveAsync();
        Assert.NotNull(status.Pending);
        Assert.Contains("839 of 2,659", status.WaitsFor, StringComparison.Ordinal);
        Assert.EndsWith("no request came since", status.WaitsFor, StringComparison.Ordinal);

        Show(stage, 15, 839 + 8, 2659 + 80);
        status = await stage.ObserveAsync();
        Assert.EndsWith("80 of 2,659 requests came since, too few to tell otherwise", status.WaitsFor, StringComparison.Ordinal);
        Show(stage, 15, 839 + 266, 2659 + 2659);
        status = await stage.ObserveAsync();
        Assert.Null(status.Pending);
        Assert.Null(status.CountsBecause);
    }

    [Fact]
    public async Task After_a_contradiction_ten_minutes_without_a_request_count_and_are_told_as_that()
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        await stage.AskAsync(1000);
        Show(stage, 60, 40, 60);
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        stage.Wait(599);
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        stage.Wait(1);
        var status = await stage.ObserveAsync();
        Assert.Null(status.Pending);
        Assert.Contains("40 of 60 (66.7 %) went to the candidate, and 10 % is asked", status.CountsBecause, StringComparison.Ordinal);
        Assert.EndsWith(
            "no request came for 10 min since, so the split counts as in force", status.CountsBecause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_began_to_count_anew_does_not_hide_a_contradiction()
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        await stage.AskAsync(1000);
        Show(stage, 60, 839, 2659);
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        stage.Sample = null;
        stage.Wait(120);
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        Show(stage, 15, 8, 80);
        Assert.NotNull((await stage.ObserveAsync()).Pending);
    }

    [Fact]
    public async Task Requests_of_another_rollout_or_split_say_nothing()
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        await stage.AskAsync(1000);
        Show(stage, 5, 100, 1000, of: "shop.checkout-default-0");
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        stage.Sample = stage.Sample! with { RolloutId = "shop.checkout-default-1", Asked = Weights.OfCandidate(500) };
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        stage.Sample = stage.Sample with { Asked = Weights.OfCandidate(1000) };
        Assert.Null((await stage.ObserveAsync()).Pending);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(-1)]
    public async Task A_step_of_the_clock_confirms_nothing_and_stalls_nothing(int hours)
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        await stage.AskAsync(1000);
        stage.Wait(60);
        stage.Clock.Set(TimeSpan.FromHours(hours));
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        Show(stage, 5, 10, 100);
        Assert.Null((await stage.ObserveAsync()).Pending);

        // The other way: nothing shows the split, and what counts is the time that passes.
        await stage.AskAsync(2000);
        stage.Wait(60);
        stage.Clock.Set(TimeSpan.FromHours(-hours));
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        stage.Wait(61);
        Assert.Null((await stage.ObserveAsync()).Pending);
    }

    [Fact]
    public async Task A_step_of_the_clock_makes_the_last_requests_no_longer_ago()
    {
        await using var stage = await MeshStage.OpenAsync(isMeasured: true);
        await stage.ReachAsync(5000);
        await stage.AskAsync(0);
        Show(stage, 1, 3, 100);
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        stage.Clock.Set(TimeSpan.FromDays(1));
        stage.Wait(60);
        Assert.NotNull((await stage.ObserveAsync()).Pending);
        stage.Wait(61);
        Assert.Null((await stage.ObserveAsync()).Pending);
    }

    private static bool IsInForce(WantedSplit wanted, ShareCounts window) =>
        ShareRule.Judge(MeshSettings.Default, wanted, Weights.AllStable, window, TimeSpan.Zero, Floor.None).IsInForce;

    /// <summary>Counters of the split that is asked now.</summary>
    private static void Show(MeshStage stage, int seconds, long candidate, long total, string of = "shop.checkout-default-1")
    {
        stage.Wait(seconds);
        var now = stage.Clock.GetUtcNow();
        var since = stage.Sample is { } last && last.Asked == stage.Router.Find("shop.checkout")!.Exposure.General
            ? last.Since
            : now - TimeSpan.FromSeconds(0.5);
        stage.Sample = new ShareSample(of, stage.Router.Find("shop.checkout")!.Exposure.General, candidate, total, since, now);
    }
}

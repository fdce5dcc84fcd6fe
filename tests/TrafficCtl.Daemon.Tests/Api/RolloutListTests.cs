using System.Net;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

public class RolloutListTests
{
    [Fact]
    public async Task Lists_rollouts_newest_first_each_from_its_own_facts()
    {
        await using var host = await HostAsync();
        var all = (await host.GetAsync<V1.ListRolloutsResponse>("/v1/services/checkout/rollouts")).Rollouts;
        Assert.Equal(["checkout-default-3", "checkout-default-2", "checkout-default-1"], all.Select(r => r.Id));
        Assert.Equal(["active", "rolled-back", "good"], all.Select(r => r.Outcome));
        Assert.Equal(["Observing", "RolledBack", "Good"], all.Select(r => r.Phase));
        Assert.Equal([2500, 1000, 10_000], all.Select(r => r.HighestWeight));
        Assert.Equal("errors worse than the tolerance", all[1].Reason);
        Assert.Equal(("v1", "v2"), (all[1].Stable, all[1].Candidate));
        Assert.Null(all[0].EndedAt);
        Assert.Equal(TimeSpan.FromSeconds(2), all[1].EndedAt - all[1].StartedAt is { } took ? took.ToTimeSpan() : default);
    }

    [Theory]
    [InlineData("?limit=1", new[] { 3 })]
    [InlineData("?before=3", new[] { 2, 1 })]
    [InlineData("?limit=1&before=3", new[] { 2 })]
    [InlineData("?before=1", new int[0])]
    public async Task Pages_through_them(string query, int[] expected)
    {
        await using var host = await HostAsync();
        var all = await host.GetAsync<V1.ListRolloutsResponse>($"/v1/services/checkout/rollouts{query}");
        Assert.Equal(expected.Select(n => $"checkout-default-{n}"), all.Rollouts.Select(r => r.Id));
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=101")]
    [InlineData("before=x")]
    [InlineData("before=0")]
    public async Task Refuses_numbers_out_of_range(string query)
    {
        await using var host = await HostAsync();
        await ApiHost.ProblemOf(await host.Http.GetAsync($"/v1/services/checkout/rollouts?{query}"), HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Lists_none_before_the_first_and_says_when_the_store_is_gone()
    {
        await using var host = await ApiHost.StartAsync(Example.Quiet("search"), Example.Active());
        Assert.Empty((await host.GetAsync<V1.ListRolloutsResponse>("/v1/services/search/rollouts")).Rollouts);
        host.Journal.IsGone = true;
        var problem =
            await ApiHost.ProblemOf(await host.Http.GetAsync("/v1/services/checkout/rollouts"), HttpStatusCode.ServiceUnavailable);
        Assert.Equal("the disk is full: free some space", problem.Detail);
    }

    private static Task<ApiHost> HostAsync() => ApiHost.StartAsync(
        [
            .. Example.Facts,
            Of(1, 8, "rolled-back", new Phase.RolledBack(RollbackCause.Verdict, "errors worse than the tolerance"), Exposure.None, 2),
            Of(1, 7, "advance", new Phase.Shifting(0), Exposure.Of(Weights.OfCandidate(1000)), 2),
            Of(1, 6, "start", new Phase.Waiting("a probe"), Exposure.None, 2),
            Of(1, 5, "good", new Phase.Good(), Exposure.All, 1),
            Of(1, 4, "start", new Phase.Waiting("a probe"), Exposure.None, 1),
        ],
        Example.Active());

    private static Control.Ports.Fact Of(int minutes, long seq, string what, Phase phase, Exposure exposure, int number) => new(
        seq, Example.Now.AddMinutes(-minutes).AddSeconds(seq), Example.Key, $"checkout-default-{number}", "decided", what, what,
        RolloutJson.Write(new FactData { Phase = phase, Version = "v2", Stable = "v1", Exposure = exposure }));
}

using System.Net;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api.Promotions;

public sealed class PipelineTests
{
    [Fact]
    public async Task A_pipeline_says_what_runs_where_and_what_waits_for_whom()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var pipeline = await host.GetAsync<PipelineStatus>("/v1/pipelines/checkout");
        Assert.Equal(["test", "staging", "prod"], pipeline.Environments.Select(static e => e.Environment));
        Assert.Equal(["v26", "v25", "v24"], pipeline.Versions.Select(static v => v.Version));
        Assert.Equal(("c-v25", "ana"), (pipeline.Versions[1].Commit, pipeline.Versions[1].Author));
        var (test, staging, prod) = (pipeline.Environments[0], pipeline.Environments[1], pipeline.Environments[2]);
        Assert.Equal(("v25", "v25", "v24"), (test.Desired, staging.Desired, prod.Desired));
        Assert.Equal(["v26: vetoed", "v25: good"], test.Bundles.Select(static b => $"{b.Version}: {b.Phase}"));
        Assert.Equal(["v26: downstream, automatic"], test.Vetoes.Select(
            static v => $"{v.Version}: {v.Scope}{(v.Automatic ? ", automatic" : "")}"));
        Assert.Equal(["checkout@prod/eu v24", "checkout@prod/us v24"], prod.Targets.Select(
            static t => $"{t.Service}@{t.Environment}/{t.Target} {t.Observed}"));

        var approve = prod.Blocks.Single(static b => b.Kind == "gate");
        Assert.Equal(("v25", "approve", "leads"), (approve.Version, approve.Subject, approve.Owner));
        Assert.Equal("leads answers approve", approve.Unblock);
        Assert.Equal(staging.Bundles.Single(static b => b.Version == "v25").GoodAt, approve.WithoutSince);
        var forecast = prod.Bundles.Single(static b => b.Version == "v25").Forecast;
        Assert.Equal((["approve in prod"], Example.Now), (forecast.If, forecast.At.ToDateTimeOffset()));
        Assert.Null(staging.Bundles.Single(static b => b.Version == "v25").Forecast);
    }

    [Fact]
    public async Task A_list_has_every_pipeline_and_comes_in_pages()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var all = await host.GetAsync<ListPipelinesResponse>("/v1/pipelines");
        Assert.Equal(["checkout"], all.Pipelines.Select(static p => p.Service));
        Assert.Empty((await host.GetAsync<ListPipelinesResponse>("/v1/pipelines?after=checkout")).Pipelines);
    }

    [Fact]
    public async Task When_names_the_times_of_each_environment_and_what_is_missing()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var newest = Assert.Single((await host.GetAsync<WhenResponse>("/v1/pipelines/checkout/when")).Versions);
        Assert.Equal("v25", newest.Version);
        Assert.Equal(["test", "staging", "prod"], newest.Environments.Select(static e => e.Environment));
        Assert.All(newest.Environments.Take(2), static e => Assert.NotNull(e.GoodAt));
        var prod = newest.Environments[2];
        Assert.Equal(["approve in prod"], prod.Forecast.If);
        Assert.Equal(("approve", newest.Environments[1].GoodAt), (prod.Without.Single().Gate, prod.Without.Single().Since));

        var failed = await host.GetAsync<WhenResponse>("/v1/pipelines/checkout/when?version=v26");
        Assert.Contains("v26", failed.Versions.Single().Environments[0].Forecast.Never, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/pipelines/chekout", "no pipeline \"chekout\" here: did you mean \"checkout\"?")]
    [InlineData("/v1/pipelines/search", "no pipeline \"search\" here: pipelines are checkout")]
    [InlineData("/v1/pipelines/checkout/when?version=v2", "checkout has no version \"v2\": did you mean \"v26\"?")]
    [InlineData("/v1/pipelines/checkout/when?version=0000000", "checkout has no version \"0000000\": published are v26, v25, v24")]
    public async Task What_is_not_known_is_said_with_what_may_be_meant(string path, string expected)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var response = await host.Http.GetAsync(path);
        Assert.Equal(expected, (await ApiHost.ProblemOf(response, HttpStatusCode.NotFound)).Detail);
    }

    [Fact]
    public async Task A_version_goes_by_the_first_digits_of_its_hash_too()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var hash = PipelineExample.Bundle("v24", Example.Now).Hash;
        var when = await host.GetAsync<WhenResponse>($"/v1/pipelines/checkout/when?version={hash[..8]}");
        Assert.Equal(("v24", hash), (when.Versions.Single().Version, when.Versions.Single().Hash));
        using var tooShort = await host.Http.GetAsync($"/v1/pipelines/checkout/when?version={hash[..5]}");
        Assert.Equal(HttpStatusCode.NotFound, tooShort.StatusCode);
    }
}

using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Commands;

public sealed class PipelineCommandTests
{
    [Theory]
    [InlineData("status", "pipeline-list")]
    [InlineData("status checkout", "pipeline")]
    [InlineData("status --targets", "pipeline-targets")]
    [InlineData("why checkout prod", "pipeline-why")]
    [InlineData("when checkout", "pipeline-when")]
    [InlineData("who checkout", "pipeline-who")]
    public async Task Prints_for_people_within_80_columns(string line, string golden)
    {
        await using var daemon = await FullAsync();
        var run = await Run.OfAsync(daemon.Address, line.Split(' '));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        GoldenText.Check(golden, run.Out);
        Assert.All(run.Out.Split('\n'), static text => Assert.InRange(text.Length, 0, 80));
    }

    [Fact]
    public async Task Prints_one_message_for_scripts()
    {
        await using var daemon = await FullAsync();
        var checkout = PipelineExample.Checkout();
        Assert.Equal(checkout, await JsonAsync<PipelineStatus>(daemon, "status checkout"));
        Assert.Equal([checkout], (await JsonAsync<ListPipelinesResponse>(daemon, "status --targets")).Pipelines);
        Assert.Equal(checkout.Environments[2], await JsonAsync<PipelineEnvironment>(daemon, "why checkout prod"));
        Assert.Equal(PipelineExample.When(), await JsonAsync<WhenResponse>(daemon, "when"));
        Assert.Equal(["bo", "leads", ""], (await JsonAsync<BlockersResponse>(daemon, "who")).Blocks.Select(static b => b.Block.Owner));
        Assert.Equal(7, (await JsonAsync<MakeOrderResponse>(daemon, "pin checkout@prod v24")).Seq);
    }

    [Theory]
    [InlineData("pin checkout@prod v24", "pin", "prod", "v24")]
    [InlineData("unpin checkout@prod", "unpin", "prod", "")]
    [InlineData("hold checkout@prod", "hold", "prod", "")]
    [InlineData("hold checkout@prod v24", "hold", "prod", "v24")]
    [InlineData("release checkout@prod", "release", "prod", "")]
    [InlineData("unveto checkout@test v26", "unveto", "test", "v26")]
    [InlineData("break-glass checkout@prod", "break-glass", "prod", "")]
    [InlineData("break-glass checkout@prod --lift", "lift-break-glass", "prod", "")]
    [InlineData("stop-the-line checkout", "stop-the-line", "", "")]
    [InlineData("release-the-line checkout@prod", "release-the-line", "prod", "")]
    [InlineData("approve checkout@prod", "approve", "prod", "")]
    [InlineData("reject checkout@prod v25", "reject", "prod", "v25")]
    [InlineData("promote checkout --to prod", "promote", "prod", "")]
    [InlineData("promote checkout v25 --to prod", "promote", "prod", "v25")]
    [InlineData("revoke checkout@staging v25", "revoke", "staging", "v25")]
    public async Task An_order_is_sent_with_who_and_why(string line, string kind, string environment, string version)
    {
        await using var daemon = await FullAsync();
        var name = environment.Length > 0 ? $"checkout@{environment}" : "checkout";
        Assert.Equal(
            new Run(0, $"{name}: it is recorded\n", ""), await Run.OfAsync(daemon.Address, [.. line.Split(' '), "--reason", "to see"]));
        Assert.Equal(
            new MakeOrderRequest
            {
                Service = "checkout",
                Kind = kind,
                Environment = environment,
                Version = version,
                Who = "ana",
                Reason = "to see",
            },
            daemon.Orders.Single());
        Assert.Empty(daemon.Wishes);
    }

    [Fact]
    public async Task A_veto_has_its_reach_and_its_end()
    {
        await using var daemon = await FullAsync();
        var line = "veto checkout@staging v25 --scope environment --until 2026-01-31T12:00Z --reason slow";
        Assert.Equal(0, (await Run.OfAsync(daemon.Address, line.Split(' '))).ExitCode);
        var order = daemon.Orders.Single();
        Assert.Equal(
            ("environment", new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero).ToTimestamp()), (order.Scope, order.Until));
    }

    [Fact]
    public async Task The_line_of_all_services_is_stopped_only_by_a_word_of_its_own()
    {
        await using var daemon = (await FullAsync())
            .With("/v1/orders", new MakeOrderResponse { Accepted = true, Answer = "it is recorded" });
        Assert.Equal(new Run(0, "all services: it is recorded\n", ""), await Run.OfAsync(daemon.Address, ["stop-the-line", "--all"]));
        Assert.Equal("", daemon.Orders.Single().Service);
        foreach (var line in (string[])["stop-the-line", "stop-the-line checkout --all"])
            Assert.Equal(
                new Run(2, "", "trafficctl: which line: stop-the-line: name a service, an environment or a target, or write --all\n"),
                await Run.OfAsync(daemon.Address, line.Split(' ')));
    }

    [Fact]
    public async Task A_refused_order_ends_with_1_and_its_reason()
    {
        await using var daemon = (await CannedDaemon.StartAsync()).With(
            "/v1/pipelines/checkout/orders", new MakeOrderResponse { Answer = "nothing is pinned there" });
        Assert.Equal(
            new Run(1, "", "trafficctl: unpin refused: checkout@prod: nothing is pinned there\n"),
            await Run.OfAsync(daemon.Address, ["unpin", "checkout@prod"]));
        var json = await Run.OfAsync(daemon.Address, ["unpin", "checkout@prod", "-o", "json"]);
        Assert.Equal((1, false), (json.ExitCode, JsonParser.Default.Parse<MakeOrderResponse>(json.Out).Accepted));
    }

    [Theory]
    [InlineData("pin checkout v24", "which environment: checkout: write SERVICE@ENVIRONMENT")]
    [InlineData("pin checkout@prod", "VERSION")]
    [InlineData("veto checkout@prod v24 --until tomorrow", "--until is a time such as 2026-01-31T12:00Z or 2026-01-31, not \"tomorrow\"")]
    [InlineData("veto checkout@prod v24 --scope all", "all")]
    [InlineData("promote checkout v24", "where to: v24: name the environment with --to")]
    [InlineData("promote checkout --to prod --full", "steps of a rollout are promoted without --to")]
    [InlineData("approve checkout v24", "not a pipeline: checkout: ")]
    [InlineData("why checkout prod --rollout checkout-prod-3", "of a rollout write why SERVICE@prod --rollout ID")]
    public async Task A_command_line_without_sense_ends_with_2(string line, string says)
    {
        await using var daemon = await CannedDaemon.StartAsync();
        var run = await Run.OfAsync(daemon.Address, line.Split(' '));
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_environment_that_the_pipeline_does_not_have_is_named_with_those_that_it_has()
    {
        await using var daemon = await FullAsync();
        Assert.Equal(
            new Run(1, "", "trafficctl: unknown environment: prd: checkout has test, staging, prod\n"),
            await Run.OfAsync(daemon.Address, ["why", "checkout", "prd"]));
    }

    private static async Task<CannedDaemon> FullAsync() => (await CannedDaemon.StartAsync())
        .With("/v1/services", new ListServicesResponse())
        .With("/v1/pipelines", new ListPipelinesResponse { Pipelines = { PipelineExample.Checkout() } })
        .With("/v1/pipelines/checkout", PipelineExample.Checkout())
        .With("/v1/pipelines/checkout/when", PipelineExample.When())
        .With("/v1/pipelines/checkout/orders", new MakeOrderResponse { Accepted = true, Answer = "it is recorded", Seq = 7 });

    private static async Task<T> JsonAsync<T>(CannedDaemon daemon, string line)
        where T : IMessage, new()
    {
        var run = await Run.OfAsync(daemon.Address, [.. line.Split(' '), "-o", "json"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return JsonParser.Default.Parse<T>(run.Out);
    }
}

using Google.Protobuf;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests;

public class AskTests
{
    private const string One = "/v1/services/checkout";

    [Theory]
    [InlineData("status", "status-list")]
    [InlineData("status checkout", "status")]
    [InlineData("status search", "status-ended")]
    [InlineData("why checkout", "why")]
    [InlineData("history checkout", "history")]
    [InlineData("rollouts checkout", "rollouts")]
    [InlineData("rollouts", "rollouts-all")]
    public async Task Prints_for_people(string line, string golden)
    {
        await using var daemon = await FullAsync();
        var run = await Run.OfAsync(daemon.Address, line.Split(' '));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        GoldenText.Check(golden, run.Out);
    }

    [Fact]
    public async Task Shows_the_present_also_where_the_past_cannot_be_read()
    {
        await using var daemon = (await CannedDaemon.StartAsync()).With(One, Example.Active())
            .With($"{One}/rollouts?limit=7", new Problem
            {
                Title = "store unavailable",
                Detail = "the disk is full: free some space",
                Status = 503,
            });
        var run = await Run.OfAsync(daemon.Address, ["status", "checkout"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("checkout (default) at http://127.0.0.1:8080\n", run.Out);
        Assert.EndsWith(
            $"\n  past rollouts are not known: store unavailable: {daemon.Address}: the disk is full: free some space\n", run.Out);
    }

    [Fact]
    public async Task Prints_what_the_router_serves_where_the_store_cannot_be_read()
    {
        await using var daemon = (await CannedDaemon.StartAsync())
            .With("/v1/services", new ListServicesResponse { Services = { Example.Unread(), Example.Stray() } })
            .With(One, Example.Unread())
            .With("/v1/services/search", Example.Stray())
            .With($"{One}/rollouts?limit=7", new ListRolloutsResponse())
            .With("/v1/services/search/rollouts?limit=7", new ListRolloutsResponse());
        var text = string.Empty;
        foreach (var line in (string[])["status", "status checkout", "status search"])
            text += (await Run.OfAsync(daemon.Address, line.Split(' '))).Out + "\n";
        GoldenText.Check("status-unread", text);
    }

    [Fact]
    public async Task Warns_of_an_abort_that_is_not_recorded_and_has_done_what_was_asked()
    {
        await using var daemon = (await CannedDaemon.StartAsync())
            .With($"{One}/wishes", new MakeWishResponse
            {
                Answered = true,
                Accepted = true,
                Answer = "v2 gets 0 % from now on",
                Warning = "not recorded yet",
            });
        Assert.Equal(
            new Run(0, "checkout: v2 gets 0 % from now on\n", "trafficctl: warning: checkout: not recorded yet\n"),
            await Run.OfAsync(daemon.Address, ["abort", "checkout"]));
        var json = await Run.OfAsync(daemon.Address, ["abort", "checkout", "-o", "json"]);
        Assert.Equal((0, "not recorded yet"), (json.ExitCode, JsonParser.Default.Parse<MakeWishResponse>(json.Out).Warning));
    }

    [Fact]
    public async Task Prints_one_message_for_scripts()
    {
        await using var daemon = await FullAsync();
        Assert.Equal(Example.All(), await JsonOf<ListServicesResponse>(daemon, "status"));
        Assert.Equal(Example.Active(), await JsonOf<ServiceStatus>(daemon, "status", "checkout"));
        Assert.Equal(Example.Why(), await JsonOf<WhyResponse>(daemon, "why", "checkout"));
        Assert.Equal(Example.History(), await JsonOf<HistoryResponse>(daemon, "history", "checkout"));
        Assert.Equal(Example.Rollouts(), await JsonOf<ListRolloutsResponse>(daemon, "rollouts", "checkout"));
        Assert.True((await JsonOf<MakeWishResponse>(daemon, "pause", "checkout")).Accepted);
    }

    [Fact]
    public async Task Checks_files_beside_what_the_daemon_serves_when_it_is_asked_to()
    {
        var status = Example.Ended();
        (status.Service, status.LastGood, status.Serves) = ("shop", "v1", "v1");
        status.Listed.Add(new ListedVersion { Version = "v1", Endpoints = { "http://127.0.0.1:5001/" } });
        await using var daemon = (await CannedDaemon.StartAsync()).With("/v1/services", new ListServicesResponse { Services = { status } });
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            file, "service: shop\nlisten: http://127.0.0.1:8080\nversions:\n  v2: [http://127.0.0.1:5002]\nstable: v2\n");
        Assert.Equal("good: shop\n", (await Run.OfAsync(daemon.Address, ["check", file])).Out);

        var refused = await Run.OfAsync(daemon.Address, ["check", "--running", file]);
        Assert.Equal((1, ""), (refused.ExitCode, refused.Out));
        Assert.StartsWith(
            $"{file}:4:1: versions: v1 serves all requests of shop and is not listed: no other version was shown to be good (list it "
                + "again, v1: [http://127.0.0.1:5001]; or",
            refused.Error, StringComparison.Ordinal);
        Assert.EndsWith(
            $"trafficctl: 1 problem (beside what {daemon.Address} serves now); nothing would take effect\n", refused.Error,
            StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace(
            "versions:\n", "versions:\n  v1: [http://127.0.0.1:5001]\n", StringComparison.Ordinal));
        var good = await Run.OfAsync(daemon.Address, ["check", "--running", file]);
        Assert.Equal((0, $"good: shop (beside what {daemon.Address} serves now)\n", ""), (good.ExitCode, good.Out, good.Error));

        var nobody = await Run.OfAsync(FreePort.Address().GetLeftPart(UriPartial.Authority), ["check", "--running", file]);
        Assert.Equal(1, nobody.ExitCode);
        Assert.Contains("no daemon answers", nobody.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_what_serves_and_not_what_should()
    {
        var status = Example.Ended();
        (status.LastGood, status.Serves) = ("v1", "v0");
        await using var daemon = (await CannedDaemon.StartAsync()).With(
            "/v1/services", new ListServicesResponse { Services = { status, Example.Active() } });
        Assert.Contains("\nsearch    v0 ", (await Run.OfAsync(daemon.Address, ["status"])).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_knows_by_the_flags_of_run_whether_a_gate_can_ever_open()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, """
                service: shop
                listen: http://127.0.0.1:8080
                versions: { v1: [http://127.0.0.1:5001] }
                stable: v1
                needs: [{ quiet: [alerts] }]
                """);
            var refused = await Run.OfAsync("check", file);
            Assert.Equal((1, ""), (refused.ExitCode, refused.Out));
            Assert.Contains("needs[0].quiet: no Alertmanager is asked here", refused.Error, StringComparison.Ordinal);
            Assert.Contains("run --alertmanager URL", refused.Error, StringComparison.Ordinal);
            Assert.Equal((0, "good: shop\n"), Result(await Run.OfAsync("check", file, "--alertmanager", "http://127.0.0.1:9")));
            Assert.Equal(0, (await Run.OfAsync("explain", file)).ExitCode);
        }
        finally
        {
            File.Delete(file);
        }

        static (int, string) Result(Run run) => (run.ExitCode, run.Out);
    }

    [Fact]
    public async Task Prints_JSON_of_files_too()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            file, "service: a\nlisten: http://127.0.0.1:8080\nversions:\n  v1: [http://127.0.0.1:5001]\nstable: v1\n");
        Assert.Equal(["a"], JsonParser.Default.Parse<CheckResponse>((await Run.OfAsync("check", file, "-o", "json")).Out).Services);
        Assert.Equal(
            "service",
            JsonParser.Default.Parse<ExplainResponse>(
                (await Run.OfAsync("explain", file, "-o", "json")).Out).Services.Single().Values[0].Path);
        Assert.Equal(
            "https://json-schema.org/draft/2020-12/schema",
            System.Text.Json.JsonDocument.Parse((await Run.OfAsync("schema")).Out).RootElement.GetProperty("$schema").GetString());

        await File.WriteAllTextAsync(file, "service: a\nlissen: http://127.0.0.1:8080\n");
        var bad = await Run.OfAsync("check", file, "-o", "json");
        var problems = JsonParser.Default.Parse<CheckResponse>(bad.Out).Problems;
        Assert.Equal(1, bad.ExitCode);
        Assert.Contains(problems, p => p is { Line: 2, Column: 1 } && p.Hint.Contains("listen", StringComparison.Ordinal));
        var text = await Run.OfAsync("check", file);
        Assert.Equal((1, ""), (text.ExitCode, text.Out));
        Assert.Contains($"{file}:2:1: ", text.Error);
        File.Delete(file);
    }

    [Theory]
    [InlineData("pause", "pause", "")]
    [InlineData("resume", "resume", "")]
    [InlineData("abort", "abort", "")]
    [InlineData("retry", "retry", "")]
    [InlineData("approve", "approve", "")]
    [InlineData("reject", "reject", "")]
    [InlineData("promote", "promote", "")]
    [InlineData("promote --full", "promote-full", "")]
    [InlineData("publish v3", "publish", "v3")]
    public async Task Sends_a_wish_for_the_only_service(string line, string kind, string version)
    {
        await using var daemon = (await CannedDaemon.StartAsync())
            .With("/v1/services", new ListServicesResponse { Services = { Example.Active() } })
            .With($"{One}/wishes", new MakeWishResponse { Wish = 4, Answered = true, Accepted = true, Answer = "done so" });
        var run = await Run.OfAsync(daemon.Address, [.. line.Split(' '), "--reason", "because I say so"]);
        Assert.Equal(new Run(0, "checkout: done so\n", ""), run);
        Assert.Equal(
            new MakeWishRequest { Service = "checkout", Kind = kind, Version = version, Who = "ana", Reason = "because I say so" },
            WithoutKey(daemon.Wishes.Single()));
    }

    [Fact]
    public async Task An_approval_names_its_gate_and_the_rollout_that_was_looked_at()
    {
        await using var daemon = (await CannedDaemon.StartAsync())
            .With("/v1/services", new ListServicesResponse { Services = { Example.Active() } })
            .With($"{One}/wishes", new MakeWishResponse { Wish = 4, Answered = true, Accepted = true, Answer = "done so" });
        await Run.OfAsync(daemon.Address, ["approve", "--gate", "leads", "--rollout", "checkout-default-3"]);
        Assert.Equal(
            new MakeWishRequest { Service = "checkout", Kind = "approve", Who = "ana", Gate = "leads", Rollout = "checkout-default-3" },
            WithoutKey(daemon.Wishes.Single()));
    }

    [Theory]
    [InlineData(true, "trafficctl: pause refused: checkout: nothing runs\n")]
    [InlineData(
        false, "trafficctl: no answer yet: checkout: the pause is recorded and will be handled: see \"trafficctl history checkout\"\n")]
    public async Task Fails_when_the_engine_refuses_or_is_silent(bool answered, string says)
    {
        await using var daemon = (await CannedDaemon.StartAsync()).With(
            $"{One}/wishes", new MakeWishResponse { Answered = answered, Answer = "nothing runs" });
        Assert.Equal(new Run(1, "", says), await Run.OfAsync(daemon.Address, ["pause", "checkout"]));
        var json = await Run.OfAsync(daemon.Address, ["pause", "checkout", "-o", "json"]);
        Assert.Equal((1, answered), (json.ExitCode, JsonParser.Default.Parse<MakeWishResponse>(json.Out).Answered));
    }

    [Fact]
    public async Task Wants_a_name_where_several_services_exist()
    {
        await using var daemon = await FullAsync();
        Assert.Equal(
            new Run(2, "", "trafficctl: which service: checkout, search: name one of them\n"), await Run.OfAsync(daemon.Address, ["why"]));
    }

    [Fact]
    public async Task Passes_on_what_the_daemon_says_is_wrong()
    {
        await using var daemon = (await CannedDaemon.StartAsync())
            .With("/v1/services/chekout", new Problem
            {
                Title = "unknown service",
                Detail = "no service \"chekout\" here: did you mean \"checkout\"?",
                Status = 404,
            });
        var run = await Run.OfAsync(daemon.Address, ["status", "chekout"]);
        Assert.Equal(new Run(
            1, "", $"trafficctl: unknown service: {daemon.Address}: no service \"chekout\" here: did you mean \"checkout\"?\n"), run);
    }

    [Theory]
    [InlineData("publish ", "checkout search")]
    [InlineData("publish c", "checkout")]
    [InlineData("publish checkout ", "v3 v4")]
    [InlineData("publish checkout v4", "v4")]
    [InlineData("publish unheard ", "")]
    [InlineData("publish checkout v4 ", "")]
    public async Task Completes_the_versions_that_can_be_published(string line, string candidates)
    {
        var checkout = Example.Active();
        checkout.Versions.AddRange(["v3", "v4"]);
        await using var daemon = (await CannedDaemon.StartAsync()).With(
            "/v1/services", new ListServicesResponse { Services = { checkout, Example.Ended() } });
        Assert.Equal(candidates, await CompletionsOf(daemon, line));
    }

    [Theory]
    [InlineData("publish ", "checkout v3")]
    [InlineData("publish v", "v3")]
    public async Task Completes_the_versions_of_the_only_service_without_its_name(string line, string candidates)
    {
        var checkout = Example.Active();
        checkout.Versions.Add("v3");
        await using var daemon = (await CannedDaemon.StartAsync()).With(
            "/v1/services", new ListServicesResponse { Services = { checkout } });
        Assert.Equal(candidates, await CompletionsOf(daemon, line));
    }

    [Fact]
    public async Task Says_how_to_start_a_daemon_when_none_answers()
    {
        var port = FreePort.Take();
        foreach (var line in (string[])["status", "watch", "why", "history", "pause x", "publish v2", "status -o json"])
        {
            var run = await Run.OfAsync([.. line.Split(' '), "--admin", $"http://127.0.0.1:{port}"]);
            Assert.Equal(
                new Run(1, "", $"trafficctl: no daemon answers: http://127.0.0.1:{port}: start one with \"trafficctl run -f "
                    + "delivery.yaml\", forward the port of a controller on Kubernetes (kubectl port-forward POD 9180), or name another "
                    + "with --admin URL\n"),
                run);
        }
    }

    private static async Task<CannedDaemon> FullAsync() => (await CannedDaemon.StartAsync())
        .With("/v1/services", Example.All())
        .With(One, Example.Active())
        .With("/v1/services/search", Example.Ended())
        .With($"{One}/why", Example.Why())
        .With($"{One}/rollouts?limit=7", Example.Rollouts())
        .With($"{One}/rollouts?limit=20", Example.Rollouts())
        .With("/v1/services/search/rollouts?limit=7", new ListRolloutsResponse())
        .With("/v1/services/search/rollouts?limit=20", new ListRolloutsResponse())
        .With($"{One}/history?limit=100", Example.History())
        .With($"{One}/wishes", new MakeWishResponse { Wish = 4, Answered = true, Accepted = true, Answer = "paused" });

    private static MakeWishRequest WithoutKey(MakeWishRequest wish)
    {
        Assert.Equal(wish.Kind == "abort", wish.IdempotencyKey.Length == 0);
        return new MakeWishRequest(wish) { IdempotencyKey = "" };
    }

    private static async Task<string> CompletionsOf(CannedDaemon daemon, string line) => string.Join(
        ' ', (await Run.OfAsync(daemon.Address, ["[suggest]", $"trafficctl {line}"])).Out
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(w => !w.StartsWith('-')));

    private static async Task<T> JsonOf<T>(CannedDaemon daemon, params string[] args)
        where T : IMessage, new()
    {
        var run = await Run.OfAsync(daemon.Address, [.. args, "-o", "json"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.EndsWith("\n", run.Out);
        return JsonParser.Default.Parse<T>(run.Out);
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>One process serves two environments of one service side by side, each with a rollout, a record and users of its own.</summary>
public sealed class EnvironmentsTests
{
    private static readonly TargetKey Test = new("shop", "test"), Prod = new("shop", "prod");

    [Fact]
    public async Task Each_has_its_own_listener_rollout_and_facts()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        Deliver(daemon, "test", "prod");
        await using var host = await daemon.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false });

        await Eventually.TrueAsync(
            () => host.Views.All.All(v => v.Record?.Active is { Phase: Phase.Observing }), "both rollouts are at their first step");
        Assert.Equal(["shop-prod-1", "shop-test-1"], host.Views.All.Select(v => v.Record!.Active!.Id));
        Assert.NotEqual(host.AddressOf(Test), host.AddressOf(Prod));

        var aborted = await AskAsync(client, host, "environments/test/wishes", new { kind = "abort", who = "ann", reason = "not yet" });
        Assert.True((bool)aborted["accepted"]!, aborted.ToJsonString());
        await Eventually.TrueAsync(
            () => host.Views.Find(Test) is { Record.Active: null, Router.EffectiveExposure.General.Candidate: 0 },
            "the rollout in test is over");
        Assert.Equal("shop-prod-1", host.Views.Find(Prod)!.Record!.Active!.Id);
        Assert.Equal(5_000, host.Views.Find(Prod)!.Router!.EffectiveExposure.General.Candidate);

        var facts = await AskAsync(client, host, "environments/prod/history");
        Assert.All(facts["facts"]!.AsArray(), f => Assert.Equal("prod", (string)f!["environment"]!));
        Assert.Contains("ann", (await AskAsync(client, host, "environments/test/why")).ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ann", (await AskAsync(client, host, "environments/prod/why")).ToJsonString(), StringComparison.Ordinal);

        var metrics = await client.GetStringAsync(new Uri(host.Admin, "metrics"));
        await Eventually.TrueAsync(
            () => client.GetStringAsync(host.AddressOf(Prod)).GetAwaiter().GetResult() == "v2", "prod still has its candidate");
        for (var i = 0; i < 20; i++) Assert.Equal("v1", await client.GetStringAsync(host.AddressOf(Test)));
        Assert.Contains(
            "trafficctl_rollout_phase{service=\"shop\",environment=\"test\",target=\"default\",phase=\"Aborted\"} 1", metrics,
            StringComparison.Ordinal);
        Assert.Contains(
            "trafficctl_rollout_phase{service=\"shop\",environment=\"prod\",target=\"default\",phase=\"Observing\"} 1", metrics,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_targets_of_one_environment_have_each_a_listener_a_rollout_and_facts_of_its_own()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        DeliverTargets(daemon, "east", "west");
        await using var host = await daemon.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
        var (east, west) = (new TargetKey("shop", "prod", "east"), new TargetKey("shop", "prod", "west"));

        await Eventually.TrueAsync(
            () => host.Views.All.Length == 2 && host.Views.All.All(v => v.Record?.Active is { Phase: Phase.Observing }),
            "both rollouts are at their first step");
        Assert.Equal(["shop-prod_east-1", "shop-prod_west-1"], host.Views.All.Select(v => v.Record!.Active!.Id));
        using var unclear = await client.GetAsync(new Uri(host.Admin, "v1/services/shop/environments/prod/why"));
        Assert.Equal(HttpStatusCode.BadRequest, unclear.StatusCode);
        Assert.Contains(
            "shop has 2 targets here, shop@prod/east, shop@prod/west: name one, such as shop@prod/east "
            + "(in the API /v1/services/shop/environments/prod/targets/east)", await unclear.Content.ReadAsStringAsync(),
            StringComparison.Ordinal);

        var aborted =
            await AskAsync(client, host, "environments/prod/targets/east/wishes", new { kind = "abort", who = "ann", reason = "not yet" });
        Assert.True((bool)aborted["accepted"]!, aborted.ToJsonString());
        await Eventually.TrueAsync(
            () => host.Views.Find(east) is { Record.Active: null, Router.EffectiveExposure.General.Candidate: 0 },
            "the rollout in east is over");
        Assert.Equal("shop-prod_west-1", host.Views.Find(west)!.Record!.Active!.Id);
        Assert.Equal(5_000, host.Views.Find(west)!.Router!.EffectiveExposure.General.Candidate);
        for (var i = 0; i < 20; i++) Assert.Equal("v1", await client.GetStringAsync(host.AddressOf(east)));

        var facts = await AskAsync(client, host, "environments/prod/targets/west/history");
        Assert.All(facts["facts"]!.AsArray(), f => Assert.Equal("west", (string)f!["target"]!));
        Assert.DoesNotContain(
            "ann", (await AskAsync(client, host, "environments/prod/targets/west/why")).ToJsonString(), StringComparison.Ordinal);
        var metrics = await client.GetStringAsync(new Uri(host.Admin, "metrics"));
        foreach (var (target, phase) in new[] { ("east", "Aborted"), ("west", "Observing") })
            Assert.Contains(
                $"trafficctl_rollout_phase{{service=\"shop\",environment=\"prod\",target=\"{target}\",phase=\"{phase}\"}} 1", metrics,
                StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rollouts_of_two_targets_go_on_after_a_restart_with_the_same_split_for_the_same_users()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        DeliverTargets(daemon, "east", "west");
        var (east, west) = (new TargetKey("shop", "prod", "east"), new TargetKey("shop", "prod", "west"));
        var users = new Dictionary<TargetKey, string[]>();
        await using (var host = await daemon.StartAsync())
        {
            await Eventually.TrueAsync(
                () => host.Views.All.All(v => v.Record?.Active is { Phase: Phase.Observing }), "both are at their first step");
            foreach (var key in new[] { east, west }) users[key] = await UsersAsync(host.AddressOf(key));
            await host.StopAsync(default);
        }

        // The salt of buckets is the rollout's id: the same users are split another way in each target.
        Assert.NotEqual(users[east], users[west]);
        await using var again = await daemon.StartAsync();
        foreach (var key in new[] { east, west })
        {
            Assert.Equal(users[key], await UsersAsync(again.AddressOf(key)));
            await Eventually.TrueAsync(
                () => again.Views.Find(key)?.Record?.Active is { Number: 1, Phase: Phase.Observing }, "its rollout goes on");
            Assert.Equal(5_000, again.Views.Find(key)!.Router!.EffectiveExposure.General.Candidate);
        }
    }

    [Fact]
    public async Task A_target_with_another_name_in_the_file_moves_no_user_without_a_word()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        DeliverTargets(daemon, "east", "west");
        await using var host = await daemon.StartAsync();
        using var client = new HttpClient();
        var west = new TargetKey("shop", "prod", "west");
        await Eventually.TrueAsync(
            () => host.Views.Find(west)?.Record?.Active is { Phase: Phase.Observing }, "the rollout is at its first step");
        await AskAsync(client, host, "environments/prod/targets/west/wishes", new { kind = "promote-full", who = "ann" });
        await Eventually.TrueAsync(() => host.Views.Find(west)?.Record is { LastGood: "v2", Active: null }, "v2 is good");

        DeliverTargets(daemon, "east", "south");
        var problem = Assert.Single(await host.ReloadAsync(default));
        Assert.Contains(
            "v2 serves shop@prod/west; of shop@prod/south it is v1, which would get all requests at once", problem,
            StringComparison.Ordinal);
        Assert.Equal(["shop@prod/east", "shop@prod/west"], host.Views.All.Select(v => v.Key.Name));
    }

    [Fact]
    public async Task A_path_that_leaves_out_which_is_meant_is_refused_with_their_names()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        Deliver(daemon, "test", "prod");
        await using var host = await daemon.StartAsync();
        using var client = new HttpClient();

        foreach (var path in new[] { "", "/why", "/history", "/rollouts", "/watch" })
        {
            using var answer = await client.GetAsync(new Uri(host.Admin, $"v1/services/shop{path}"));
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains(
                "shop has 2 targets here, shop@prod, shop@test: name one, such as shop@prod", await answer.Content.ReadAsStringAsync(),
                StringComparison.Ordinal);
        }

        using var unknown = await client.GetAsync(new Uri(host.Admin, "v1/services/shop/environments/staging"));
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Contains(
            "no shop@staging here: there are shop@prod, shop@test", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_leaves_the_files_takes_nothing_of_the_other_with_it_and_comes_back_where_it_was()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        Deliver(daemon, "test", "prod");
        await using var host = await daemon.StartAsync();
        await Eventually.TrueAsync(
            () => host.Views.All.All(v => v.Record?.Active is { Phase: Phase.Observing }), "both rollouts are at their first step");

        Deliver(daemon, "prod");
        Assert.Empty(await host.ReloadAsync(default));
        Assert.Equal([Prod], host.Views.All.Select(v => v.Key));
        Assert.Equal("shop-prod-1", host.Views.Find(Prod)!.Record!.Active!.Id);

        Deliver(daemon, "test", "prod");
        Assert.Empty(await host.ReloadAsync(default));
        await Eventually.TrueAsync(
            () => host.Views.Find(Test)?.Record?.Active is { Id: "shop-test-1", Phase: Phase.Observing }, "its rollout goes on");
    }

    [Fact]
    public async Task An_environment_with_another_name_in_the_file_moves_no_user_without_a_word()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        Deliver(daemon, "test");
        await using var host = await daemon.StartAsync();
        using var client = new HttpClient();
        await Eventually.TrueAsync(
            () => host.Views.Find(Test)?.Record?.Active is { Phase: Phase.Observing }, "the rollout is at its first step");
        var promoted = await AskAsync(client, host, "wishes", new { kind = "promote-full", who = "ann" });
        Assert.True((bool)promoted["accepted"]!, promoted.ToJsonString());
        await Eventually.TrueAsync(() => host.Views.Find(Test)?.Record is { LastGood: "v2", Active: null }, "v2 is good");

        Deliver(daemon, "prod");
        var problem = Assert.Single(await host.ReloadAsync(default));
        Assert.Contains(
            "v2 serves shop in environment test; in prod it is v1, which would get all requests at once", problem,
            StringComparison.Ordinal);
        Assert.Equal([Test], host.Views.All.Select(v => v.Key));
    }

    private static async Task<JsonNode> AskAsync(HttpClient client, DaemonHost host, string path, object? body = null)
    {
        var address = new Uri(host.Admin, $"v1/services/shop/{path}");
        using var answer = body is null ? await client.GetAsync(address) : await client.PostAsJsonAsync(address, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    /// <summary>The arm of each of a hundred users.</summary>
    private static async Task<string[]> UsersAsync(Uri address)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
        var arms = new string[100];
        for (var user = 0; user < arms.Length; user++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Add("x-user-id", $"u{user}");
            using var answer = await client.SendAsync(request);
            arms[user] = await answer.Content.ReadAsStringAsync();
        }

        return arms;
    }

    private static void DeliverTargets(RealDaemon daemon, params string[] targets) => Write(
        daemon, targets.Select((target, i) => ("prod", $"target: {target}\nidentity: [header:x-user-id]", i + 1)));

    private static void Deliver(RealDaemon daemon, params string[] environments) => Write(
        daemon, environments.Select(environment => (environment, "", environment == "prod" ? 2 : 1)));

    private static void Write(
        RealDaemon daemon, IEnumerable<(string Environment, string More, int Address)> documents) => File.WriteAllText(
        daemon.DeliveryFile,
        string.Join("---\n", documents.Select(document => $$"""
            service: shop
            environment: {{document.Environment}}
            listen: http://127.0.0.{{document.Address}}:0
            versions:
              v1: [{{daemon.V1.Address.AbsoluteUri.TrimEnd('/')}}]
              v2: [{{daemon.V2.Address.AbsoluteUri.TrimEnd('/')}}]
            stable: v1
            rollout: [{ weights: [50, 100], hold: 1d }]
            watch: 0s
            health: { every: 250ms }
            drain: { delay: 0s, max: 1s }
            {{document.More}}

            """)));
}

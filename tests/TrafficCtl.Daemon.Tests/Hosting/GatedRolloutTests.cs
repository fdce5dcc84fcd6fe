using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Access;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>A whole daemon whose rollouts wait for a program and for people.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class GatedRolloutTests
{
    private const string Quick = "health: { every: 250ms }\n";

    [Fact]
    public async Task A_version_goes_on_when_its_test_has_passed_once_and_two_people_have_approved()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var runs = Script(daemon, "test \"$TRAFFICCTL_VERSION\" = v2 && echo checked $TRAFFICCTL_ENDPOINT");
        daemon.Deliver("v1", "v1 v2", more: $$"""
            {{Quick}}
            needs:
              - verify: { run: ./smoke.sh }
              - approve: { by: approver, count: 2, expires: 1h }
                owner: "#shop"
            """);
        using var http = new HttpClient();
        await using (var host = await daemon.StartAsync())
        {
            await UntilAsync(host, http, "verify", "open");
            Assert.True(await VoteAsync(http, host, "ann"));
            Assert.False(await VoteAsync(http, host, "ann"));
            await host.StopAsync(default);
        }

        // What was asked and said before is known after a restart.
        await using var again = await daemon.StartAsync();
        var gate = await UntilAsync(again, http, "approve", "closed");
        Assert.Contains("1 of 2 approvals by approver (ann (unverified))", (string)gate["why"]!, StringComparison.Ordinal);
        Assert.Equal(("#shop", "pause"), ((string)gate["owner"]!, (string)gate["then"]!));
        Assert.True(await VoteAsync(http, again, "ben"));
        await Eventually.TrueAsync(() => PhaseOf(again) is Phase.Observing, "the first step is in force");
        Assert.Single(File.ReadAllLines(runs));
    }

    [Fact]
    public async Task A_version_whose_test_fails_goes_back_before_anybody_met_it_and_why_says_so()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var runs = Script(daemon, "echo cart is empty; exit 3");
        daemon.Deliver("v1", "v1 v2", more: $"{Quick}needs: [{{ verify: {{ run: ./smoke.sh }} }}]");
        using var http = new HttpClient();
        await using var host = await daemon.StartAsync();
        await Eventually.TrueAsync(() => PhaseOf(host) is Phase.RolledBack { Cause: RollbackCause.Gate }, "it went back");
        Assert.Equal("v1", await daemon.AskAsync(host));
        var why = await http.GetStringAsync($"{host.Admin}v1/services/shop/why");
        Assert.Contains("gate verify has failed at 0 %: ./smoke.sh failed", why, StringComparison.Ordinal);
        Assert.Contains("exit code 3; it said: cart is empty", why, StringComparison.Ordinal);
        Assert.Single(File.ReadAllLines(runs));
    }

    [Fact]
    public async Task A_test_that_never_ends_pauses_the_rollout_and_a_resume_asks_again()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        var runs = Script(daemon, "trap '' TERM; while [ ! -e ready ]; do sleep 0.05; done");
        daemon.Deliver("v1", "v1 v2", more: $"{Quick}needs: [{{ verify: {{ run: ./smoke.sh, timeout: 500ms }} }}]");
        using var http = new HttpClient();
        await using var host = await daemon.StartAsync();
        await Eventually.TrueAsync(() => PhaseOf(host) is Phase.Paused { Cause: PauseCause.Gate }, "it pauses");
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(daemon.DeliveryFile)!, "ready"), "");
        Assert.True(await WishAsync(http, host, "resume", "ann"));
        await Eventually.TrueAsync(() => PhaseOf(host) is Phase.Observing, "the first step is in force");
        Assert.Equal(2, File.ReadAllLines(runs).Length);
    }

    [Fact]
    public async Task Where_tokens_are_set_up_only_who_may_approves_and_never_the_author()
    {
        await using var daemon = await RealDaemon.PrepareAsync();
        Directory.CreateDirectory(daemon.Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        string[] texts =
        [
            .. TokensOf(daemon, ("ann", Role.Operator, []), ("ann", Role.Approver, ["leads"]), ("ben", Role.Approver, ["others"]),
                ("cid", Role.Approver, ["leads"])),
        ];
        daemon.Deliver(
            "v1", "v1 v2", more: $"{Quick}needs: [{{ approve: {{ by: leads, not: author, expires: 1h }} }}]");
        await using var host = await daemon.StartAsync();
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(http, host, null, "approve")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(http, host, texts[0], "approve")).Status);
        // A file began it, so nobody knows who brought it in.
        Assert.Contains("is not known", await RefusedAsync(http, host, texts[3]), StringComparison.Ordinal);
        await AskAsync(http, host, texts[0], "abort");
        await Eventually.TrueAsync(() => PhaseOf(host) is Phase.Aborted, "it is over");
        await AskAsync(http, host, texts[0], "retry");
        await Eventually.TrueAsync(() => PhaseOf(host) is Phase.Waiting, "it waits");
        Assert.Contains("ann brought v2 in", await RefusedAsync(http, host, texts[1]), StringComparison.Ordinal);
        Assert.Contains("ben is not of the group leads", await RefusedAsync(http, host, texts[2]), StringComparison.Ordinal);
        var (status, answer) = await AskAsync(http, host, texts[3], "approve");
        Assert.Equal((HttpStatusCode.OK, true), (status, (bool)answer["accepted"]!));
        await Eventually.TrueAsync(() => PhaseOf(host) is Phase.Observing, "the first step is in force");
    }

    private static Phase? PhaseOf(DaemonHost host) => host.Views.Find(Keys.Of("shop"))?.Newest?.Phase;

    private static async Task<JsonObject> UntilAsync(DaemonHost host, HttpClient http, string gate, string state)
    {
        JsonObject? found = null;
        await Eventually.TrueAsync(
            async () =>
            {
                var status = await http.GetFromJsonAsync<JsonObject>($"{host.Admin}v1/services/shop");
                found = status?["rollout"]?["gates"]?.AsArray().OfType<JsonObject>().FirstOrDefault(g => (string)g["gate"]! == gate);
                return (string?)found?["state"] == state;
            }, $"gate {gate} is {state}");
        return found!;
    }

    private static Task<bool> VoteAsync(HttpClient http, DaemonHost host, string who) => WishAsync(http, host, "approve", who);

    private static async Task<bool> WishAsync(HttpClient http, DaemonHost host, string kind, string who)
    {
        using var answer = await http.PostAsJsonAsync($"{host.Admin}v1/services/shop/wishes", new { kind, who });
        return (bool)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["accepted"]!;
    }

    private static async Task<string> RefusedAsync(HttpClient http, DaemonHost host, string token)
    {
        var (_, answer) = await AskAsync(http, host, token, "approve");
        Assert.False((bool)answer["accepted"]!);
        return (string)answer["answer"]!;
    }

    private static async Task<(HttpStatusCode Status, JsonObject Answer)> AskAsync(
        HttpClient http, DaemonHost host, string? token, string kind)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{host.Admin}v1/services/shop/wishes")
        {
            Content = JsonContent.Create(new { kind }),
        };
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request);
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonObject>())!);
    }

    private static IEnumerable<string> TokensOf(RealDaemon daemon, params (string Name, Role Role, string[] Groups)[] people)
    {
        var made = people.Select(p =>
        {
            var (kept, text) = Token.Make(p.Name, new Grant(p.Role), DateTimeOffset.UnixEpoch, null);
            return (Kept: kept with { Groups = [.. p.Groups] }, Text: text);
        }).ToArray();
        TokenListFile.Write(Path.Combine(daemon.Data, TokenListFile.Name), [.. made.Select(m => m.Kept)]);
        return made.Select(m => m.Text);
    }

    /// <summary>Beside the delivery file; each run leaves a line.</summary>
    /// <returns>The file of lines.</returns>
    private static string Script(RealDaemon daemon, string body)
    {
        var path = Path.Combine(Path.GetDirectoryName(daemon.DeliveryFile)!, "smoke.sh");
        File.WriteAllText(path, $"#!/bin/sh\necho run >> runs\n{body}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Path.Combine(Path.GetDirectoryName(path)!, "runs");
    }
}

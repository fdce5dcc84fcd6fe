using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Metrics.Alertmanager;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Services;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Metrics.Alertmanager;

public sealed class AlertmanagerGateTests : IDisposable
{
    // As Alertmanager 0.25 answers.
    private const string Recorded = """
        [{"annotations":{"summary":"errors"},"endsAt":"2026-11-21T07:00:00.000Z","fingerprint":"1f","receivers":[{"name":"web.hook"}],
          "startsAt":"2026-11-21T06:31:00.000Z","status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},"updatedAt":"2026-11-21T06:31:00.000Z",
          "generatorURL":"http://p","labels":{"alertname":"HighErrors","namespace":"shop","service":"checkout","severity":"critical"}},
         {"annotations":{},"endsAt":"2026-11-21T07:00:00.000Z","fingerprint":"2f","receivers":[],
          "startsAt":"2026-11-21T06:30:00.000Z","status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},"updatedAt":"2026-11-21T06:31:00.000Z",
          "labels":{"alertname":"KubeDeploymentReplicasMismatch","namespace":"shop","deployment":"checkout-v2"}},
         {"annotations":{},"startsAt":"2026-11-21T06:30:00.000Z","status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},
          "labels":{"alertname":"HighErrors","namespace":"pay","service":"checkout"}},
         {"annotations":{},"startsAt":"2026-11-21T06:30:00.000Z","status":{"inhibitedBy":[],"silencedBy":[],"state":"active"},
          "labels":{"alertname":"Watchdog","severity":"none"}},
         {"annotations":{},"startsAt":"2026-11-21T06:30:00.000Z","status":{"inhibitedBy":[],"silencedBy":["x"],"state":"suppressed"},
          "labels":{"alertname":"Silenced","namespace":"shop","service":"checkout"}}]
        """;

    private readonly ManualClock clock = new();
    private Func<HttpResponseMessage> answer = () => ScriptedHttp.Json("[]");
    private readonly ScriptedHttp http;
    private readonly AlertmanagerGate gate;

    public AlertmanagerGateTests()
    {
        http = new ScriptedHttp(_ => answer());
        gate = new AlertmanagerGate(
            new HttpMessageInvoker(http), new AlertmanagerOptions(new Uri("http://am:9093")) { Filters = ["severity=~\"critical|page\""] },
            clock, NullLogger<AlertmanagerGate>.Instance);
    }

    [Fact]
    public async Task Asks_for_what_fires_and_nobody_silenced()
    {
        await gate.RefreshAsync(default);
        Assert.Equal(
            "http://am:9093/api/v2/alerts?active=true&silenced=false&inhibited=false&filter=severity%3D~%22critical%7Cpage%22",
            http.Requests.Single().RequestUri!.AbsoluteUri);
    }

    [Fact]
    public async Task Is_unknown_without_the_token_that_it_was_to_send_and_asks_nothing()
    {
        using var folder = new TemporaryDirectory();
        var options = new AlertmanagerOptions(new Uri("http://am:9093")) { TokenFile = folder.Write("token", "\n") };
        var own = new AlertmanagerGate(new HttpMessageInvoker(http), options, clock, NullLogger<AlertmanagerGate>.Instance);
        await own.RefreshAsync(default);
        Assert.Empty(http.Requests);
        var view = await own.AskAsync(QuietGate.Alerts, Service, default);
        Assert.IsType<GateAnswer.Unknown>(view);
        Assert.EndsWith($"the token for Alertmanager cannot be read from {options.TokenFile}: it is empty; nothing was asked", view.Why);

        folder.Write("token", "t1\n");
        await own.RefreshAsync(default);
        Assert.Equal("Bearer t1", http.Requests.Single().Headers.Authorization!.ToString());
        Assert.IsType<GateAnswer.Open>(await own.AskAsync(QuietGate.Alerts, Service, default));
    }

    [Fact]
    public async Task Is_open_while_none_fires()
    {
        await gate.RefreshAsync(default);
        Assert.Equal(new GateAnswer.Open("none fires"), await AskAsync());
    }

    [Fact]
    public async Task Answers_an_environment_as_it_answers_a_rollout()
    {
        await gate.RefreshAsync(default);
        var bundle = Pairing.Pair("v2", new BundlePart("shop:v2", "sha256:v2")).Bundle!;
        var question = new Question(Service.Service, Service.Environment, "quiet", bundle, 0, IsVerification: false);
        Assert.Equal(await AskAsync(), await gate.AskAsync(QuietGate.Alerts, question, Service, default));
    }

    [Fact]
    public async Task Is_closed_by_the_alerts_of_the_service_and_its_workloads_and_names_them()
    {
        answer = () => ScriptedHttp.Json(Recorded);
        await gate.RefreshAsync(default);
        Assert.Equal(
            new GateAnswer.Closed(
                "2 alerts fire: KubeDeploymentReplicasMismatch since 2026-11-21 06:30:00Z, HighErrors (critical) since 2026-11-21 "
                    + "06:31:00Z"),
            await AskAsync());
    }

    [Fact]
    public async Task Says_how_many_more_fire_than_it_names()
    {
        var one = """{"startsAt":"2026-11-21T06:30:00Z","labels":{"alertname":"A","service":"checkout","namespace":"shop"}}""";
        answer = () => ScriptedHttp.Json($"[{string.Join(',', Enumerable.Repeat(one, 5))}]");
        await gate.RefreshAsync(default);
        Assert.EndsWith(" and 2 more", (await AskAsync()).Why);
    }

    [Fact]
    public async Task Is_unknown_before_it_was_asked()
    {
        var view = await AskAsync();
        Assert.IsType<GateAnswer.Unknown>(view);
        Assert.Equal("what fires is unknown: it was not asked yet", view.Why);
    }

    [Fact]
    public async Task Goes_by_the_last_answer_for_a_minute_and_is_then_unknown_with_the_reason()
    {
        await gate.RefreshAsync(default);
        answer = () => throw new HttpRequestException("connection refused");
        clock.Advance(TimeSpan.FromSeconds(59));
        await gate.RefreshAsync(default);
        Assert.IsType<GateAnswer.Open>(await AskAsync());
        clock.Advance(TimeSpan.FromSeconds(2));
        var view = await AskAsync();
        Assert.IsType<GateAnswer.Unknown>(view);
        Assert.Contains("61 s old", view.Why);
        Assert.Contains("connection refused", view.Why);
        answer = () => ScriptedHttp.Json("[]");
        await gate.RefreshAsync(default);
        Assert.IsType<GateAnswer.Open>(await AskAsync());
    }

    [Theory]
    [InlineData(-3600, 61)]
    [InlineData(3600, 1)]
    public async Task No_step_of_the_clock_and_no_suspended_machine_makes_an_old_answer_a_fresh_one(int set, int seconds)
    {
        await gate.RefreshAsync(default);
        clock.Set(TimeSpan.FromSeconds(set));
        clock.Advance(TimeSpan.FromSeconds(seconds));
        Assert.IsType<GateAnswer.Unknown>(await AskAsync());
        await gate.RefreshAsync(default);
        Assert.IsType<GateAnswer.Open>(await AskAsync());
    }

    [Theory]
    [InlineData("<html>", 200, "not JSON")]
    [InlineData("{}", 200, "not a list")]
    [InlineData("[{}]", 200, "none of its API")]
    [InlineData("\"bad matcher\"", 400, "answers 400: \"bad matcher\"")]
    public async Task Takes_no_answer_that_it_does_not_understand_for_silence(string body, int code, string why)
    {
        answer = () => ScriptedHttp.Json(body, (HttpStatusCode)code);
        await gate.RefreshAsync(default);
        var view = await AskAsync();
        Assert.IsType<GateAnswer.Unknown>(view);
        Assert.Contains(why, view.Why);
    }

    public void Dispose() => http.Dispose();

    private static ServiceSpec Service => new()
    {
        Service = "shop.checkout",
        Target = Prometheus.PresetTests.Target,
        Versions = [new VersionSpec("v1", [])],
        Stable = "v1",
        Needs = [QuietGate.Alerts],
    };

    private ValueTask<GateAnswer> AskAsync() => gate.AskAsync(QuietGate.Alerts, Service, default);
}

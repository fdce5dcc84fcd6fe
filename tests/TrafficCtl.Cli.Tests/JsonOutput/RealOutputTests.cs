using Google.Protobuf.Reflection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Cli.Commands;
using TrafficCtl.Cli.Demo.Pipelines;
using TrafficCtl.Cli.Demo.Story;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Daemon;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Modules.Cluster;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.JsonOutput;

/// <summary>What every command really prints is what docs/json.md says: its keys, in their order, of their types.</summary>
public sealed class RealOutputTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-json-").FullName;
    private readonly HashSet<string> valued = new(StringComparer.Ordinal);

    private static readonly Uri Nobody = new("http://127.0.0.1:9");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Of_a_daemon_in_the_middle_of_a_rollout_and_after_it()
    {
        await using var v1 = await Upstream.StartAsync(name: "v1");
        await using var v2 = await Upstream.StartAsync(name: "v2");
        var file = await WriteAsync("shop.yaml", Delivery(v1.Address, v2.Address));
        await using (var host = await DaemonHost.StartAsync(OptionsOf(file), Stop))
        {
            var admin = host.Admin.ToString();
            using var traffic = new Traffic(host.AddressOf("shop"));
            await EventuallyAsync(admin, static s => s.Rollout?.Judgement is { Findings.Count: > 0 } && s.Candidate.HasP99Seconds);

            await CheckAsync(ListServicesResponse.Descriptor, admin, "status");
            await CheckAsync(ServiceStatus.Descriptor, admin, "status", "shop");
            await CheckAsync(WhyResponse.Descriptor, admin, "why");
            await CheckAsync(ListRolloutsResponse.Descriptor, admin, "rollouts");
            Check(ServiceStatus.Descriptor, await FirstLineOfWatchAsync(admin));
            foreach (var wish in (string[])["pause", "resume", "promote", "abort"])
                await CheckAsync(MakeWishResponse.Descriptor, admin, wish, "--reason", "to see");
            await EventuallyAsync(admin, static s => s.Previous is { Phase: "Aborted" });
            await CheckAsync(MakeWishResponse.Descriptor, admin, "retry");
            Check(MakeWishResponse.Descriptor, await OutOf(1, admin, "publish", "v2", "-o", "json"));
            foreach (var vote in (string[])["approve", "reject"])
                Check(MakeWishResponse.Descriptor, await OutOf(1, admin, vote, "-o", "json"));
            await CheckAsync(MakeWishResponse.Descriptor, admin, "abort");
            await EventuallyAsync(admin, static s => s.Previous is { Phase: "Aborted" });
            await CheckAsync(HistoryResponse.Descriptor, admin, "history");
            await CheckAsync(ServiceStatus.Descriptor, admin, "status", "shop");
            await CheckAsync(ListRolloutsResponse.Descriptor, admin, "rollouts", "--limit", "1");
            using var client = new HttpClient();
            using var unknown = await client.GetAsync($"{admin}v1/services/none", Stop);
            Check(Problem.Descriptor, await unknown.Content.ReadAsStringAsync(Stop));
        }

        await CheckAsync(ReplayResponse.Descriptor, null, "replay", "--data-dir", Path.Combine(folder, "data"));
        AssertValued("ServiceStatus", "rollout", "candidate", "previous");
        AssertValued("RolloutStatus", "step", "effectiveWeight", "reason", "remaining", "inPhase", "judgement");
        AssertValued("ArmStatus", "live", "errorRatio", "p99Seconds", "inFlight", "requests");
        AssertValued("Judgement", "evidence", "bound");
        AssertValued("Finding", "evidence", "bound");
        AssertValued("Fact", "rollout", "data");
        AssertValued("FactData", "generation", "phase", "step", "weight", "judgement", "stepRequests");
        AssertValued("FactData", "wish", "accepted", "who", "from", "reason", "askedAt");
        AssertValued("MakeWishResponse", "wish", "accepted");
        AssertValued("RolloutSummary", "endedAt");
    }

    [Fact]
    public async Task Of_files()
    {
        var good = await WriteAsync("good.yaml", Delivery(Nobody, Nobody));
        var bad = await WriteAsync("bad.yaml", "service: a\nlissen: http://127.0.0.1:8080\n");
        await CheckAsync(CheckResponse.Descriptor, null, "check", good);
        Check(CheckResponse.Descriptor, await OutOf(1, null, "check", bad, Path.Combine(folder, "none.yaml"), "-o", "json"));
        await CheckAsync(ExplainResponse.Descriptor, null, "explain", good);
        AssertValued("FileProblem", "line", "column", "path", "hint");
        AssertValued("EffectiveValue", "file", "line");
    }

    [Fact]
    public async Task Of_windows()
    {
        const string Windows = """
            {"trace":"a","t":5,"arm":"stable","requests":1000,"errors":1,"latency":{"bounds":[0.1,0.2],"counts":[900,90,10]}}
            {"trace":"a","t":5,"arm":"candidate","requests":1000,"errors":900,"latency":{"bounds":[0.1,0.2],"counts":[900,90,10]}}
            {"t":5,"arm":"stable","requests":10,"errors":0}
            """;
        var file = await WriteAsync("windows.jsonl", Windows + "\n");
        foreach (var more in (string[][])[[], ["--explain"]])
        {
            var lines = (await OutOf(0, null, ["judge", file, .. more])).TrimEnd('\n').Split('\n');
            Assert.Equal(2, lines.Length);
            foreach (var line in lines) Check(JudgedTrace.Descriptor, line);
        }

        AssertValued("JudgedTrace", "trace", "reason");
        AssertValued("JudgedSignal", "text", "evidence", "bound", "samples");
    }

    [Fact]
    public async Task Of_simulations()
    {
        var rules = "simulate --runs 2 --rule ours flagger --scenario null err.1-1 --rps 50".Split(' ');
        await CheckAsync(SimulateResponse.Descriptor, null, rules);
        var typeI = "simulate --type-i --scenario iid --runs 2 --looks 20".Split(' ');
        await CheckAsync(TypeIResponse.Descriptor, null, typeI);
        await CheckAsync(TypeIResponse.Descriptor, null, [.. typeI, "--seed", "18446744073709551615"]);
        AssertValued("SimulatedRivalry", "best");
        AssertValued("SimulatedCell", "badResponsesError");
        AssertValued("SimulatedShare", "low");
    }

    [Fact]
    public async Task Of_what_is_made_once()
    {
        foreach (var shell in (string[])["bash", "zsh", "fish"]) await CheckAsync(CompletionResponse.Descriptor, null, "completion", shell);
        await CheckAsync(UninstallResponse.Descriptor, null, "uninstall");
        var report = new UninstallReport([new("shop/checkout", "restored", "stable 100, candidate 0")], "not all", true);
        Check(UninstallResponse.Descriptor, MessageJson.Format(UninstallCommand.MessageOf(report, isDryRun: false)));
        var summary = new Summary(
            "good", true, "promoted", null, 100, 3, 1.5, 12, 80.5, [80, 120], 200, 16_000, 0, [0.001, 0.002], "because",
            ["dwell"], "/kept");
        Check(DemoSummary.Descriptor, summary.ToJson());
        Check(DemoSummary.Descriptor, (summary with { SecondsToRollback = null, Kept = null, Right = true }).ToJson());
        var story = new PipelineSummary(true, "unfinished", [new("first", 12.5)], 1200, 3, 80.5, "it waits", "/kept");
        Check(PipelineDemoSummary.Descriptor, story.ToJson());
        Check(PipelineDemoSummary.Descriptor, (story with { Kept = null }).ToJson());
        await CheckAsync(StopVersionsResponse.Descriptor, null, "stop-versions", "--data-dir", folder);
        var tokens = Path.Combine(folder, "tokens.json");
        string[] scope = ["--role", "operator", "--service", "shop", "--environment", "staging"];
        await CheckAsync(TokenResponse.Descriptor, null, ["token", "create", "ci", "--file", tokens, .. scope]);
        await CheckAsync(TokenResponse.Descriptor, null, "token", "list", "--file", tokens);
        await CheckAsync(TokenResponse.Descriptor, null, "token", "revoke", "ci", "--file", tokens);
        AssertValued("TokenResponse", "token", "tokens");
        AssertValued("TokenInfo", "service", "environment", "expiresAt");
        AssertValued("UninstallResponse", "problem", "explanation");
        AssertValued("DemoSummary", "secondsToRollback", "right", "kept");
        AssertValued("PipelineDemoSummary", "kept", "why");
    }

    [Fact]
    public async Task Of_a_daemon_whose_reader_has_gone_already_and_that_serves_on()
    {
        var file = await WriteAsync("shop.yaml", Delivery(Nobody, Nobody));
        using var output = new StringWriter { NewLine = "\n" };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var surroundings = new Surroundings(
            new StopWhenReady(output, stop), TextWriter.Null, false, static () => (80, 24), static _ => null, "ana", TimeProvider.System)
        {
            OutGone = new CancellationToken(canceled: true),
        };
        string[] run = ["run", "-f", file, "--data-dir", Path.Combine(folder, "data"), "--admin", "http://127.0.0.1:0", "-o", "json"];
        Assert.Equal(0, await App.RunAsync(run, surroundings, stop.Token));
        Assert.StartsWith("""{"event":"ready",""", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_daemon_that_starts_and_drains()
    {
        var file = await WriteAsync("shop.yaml", Delivery(Nobody, Nobody));
        using var output = new StringWriter { NewLine = "\n" };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var options = OptionsOf(file) with { IsJson = true };
        Assert.Equal(0, await DaemonHost.RunAsync(options, new StopWhenReady(output, stop), TextWriter.Null, stop.Token));
        var lines = output.ToString().TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        foreach (var line in lines) Check(DaemonEvent.Descriptor, line);
        Assert.StartsWith("""{"event":"ready",""", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("""{"event":"draining",""", lines[1], StringComparison.Ordinal);
        AssertValued("DaemonEvent", "services", "admin", "readySeconds");
        AssertValued("ServedService", "listen");
    }

    private DaemonOptions OptionsOf(string file) => new()
    {
        Files = [file],
        DataDirectory = Path.Combine(folder, "data"),
        Admin = new Uri("http://127.0.0.1:0"),
        Logging = static logging => logging.ClearProviders(),
    };

    private static string Delivery(Uri v1, Uri v2) => $$"""
        service: shop
        listen: http://127.0.0.1:0
        versions:
          v1: [{{v1.GetLeftPart(UriPartial.Authority)}}]
          v2: [{{v2.GetLeftPart(UriPartial.Authority)}}]
        stable: v1
        rollout: [{ weights: [50, 100], hold: 1h }]
        analysis: { tick: 1s, warm-up: { errors: 0, latency: 0 } }
        drain: { delay: 0s, max: 1s }

        """;

    private async Task<string> WriteAsync(string name, string text)
    {
        var file = Path.Combine(folder, name);
        await File.WriteAllTextAsync(file, text, Stop);
        return file;
    }

    private async Task CheckAsync(MessageDescriptor message, string? admin, params string[] args) =>
        Check(message, await OutOf(0, admin, [.. args, "-o", "json"]));

    private void Check(MessageDescriptor message, string text) => Assert.Empty(JsonShape.Differences(text, message, valued));

    private static async Task<string> OutOf(int exit, string? admin, params string[] args)
    {
        var run = await Run.OfAsync(admin, args, stop: Stop);
        Assert.True(run.ExitCode == exit, $"{string.Join(' ', args)}: {run.ExitCode} {run.Error}");
        return run.Out;
    }

    private static async Task<string> FirstLineOfWatchAsync(string admin)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var output = new StringWriter { NewLine = "\n" };
        var surroundings = new Surroundings(
            new StopWhenReady(output, stop), TextWriter.Null, false, static () => (80, 24),
            name => name == AskOptions.AdminVariable ? admin : null, "ana", TimeProvider.System);
        Assert.Equal(0, await App.RunAsync(["watch", "-o", "json"], surroundings, stop.Token));
        return output.ToString().Split('\n')[0];
    }

    private static async Task EventuallyAsync(string admin, Func<ServiceStatus, bool> isSo)
    {
        using var client = new AdminClient(new Uri(admin), TimeProvider.System);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        late.CancelAfter(TimeSpan.FromMinutes(2));
        await foreach (var status in client.WatchAsync("shop", late.Token))
            if (isSo(status)) return;
        Assert.Fail("the watch ended before");
    }

    /// <summary>A key that was null in every sample would prove nothing.</summary>
    private void AssertValued(string message, params string[] keys) =>
        Assert.Empty(keys.Select(key => $"{message}.{key}").Except(valued, StringComparer.Ordinal));

    /// <summary>Requests until it is disposed, of many users.</summary>
    private sealed class Traffic : IDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly HttpClient client = new(new SocketsHttpHandler { UseCookies = false, UseProxy = false });
        private readonly Task running;

        public Traffic(Uri to) => running = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SendAsync(to)));

        public void Dispose()
        {
            stop.Cancel();
            running.Wait();
            client.Dispose();
            stop.Dispose();
        }

        private async Task SendAsync(Uri to)
        {
            try
            {
                await Periodic.ActAsync(
                    TimeSpan.FromMilliseconds(10),
                    async () =>
                    {
                        using var response = await client.GetAsync(to, stop.Token);
                    },
                    stop.Token);
            }
            catch (HttpRequestException)
            {
                // The daemon went first.
            }
        }
    }

    /// <summary>Stops what writes once it has written a line.</summary>
    private sealed class StopWhenReady(TextWriter to, CancellationTokenSource stop) : TextWriter
    {
        public override System.Text.Encoding Encoding => to.Encoding;

        public override void Write(char value) => to.Write(value);

        public override void WriteLine(string? value)
        {
            to.WriteLine(value);
            stop.Cancel();
        }

        public override Task WriteLineAsync(string? value)
        {
            WriteLine(value);
            return Task.CompletedTask;
        }
    }
}

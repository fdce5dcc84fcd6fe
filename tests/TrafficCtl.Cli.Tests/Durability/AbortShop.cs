using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>A daemon as a process with v2 at a third, whose store is then broken, and whose user aborts by the command line.</summary>
internal sealed class AbortShop : IAsyncDisposable
{
    private const int Asked = 200;
    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-abort-").FullName;
    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
    private readonly int front = FreePort.Take();
    private readonly List<Upstream> upstreams = [];
    private int asker;

    private AbortShop(int adminPort) => Daemon = new KillableDaemon(folder, Path.Combine(folder, "shop.yaml"), adminPort);

    public KillableDaemon Daemon { get; }

    /// <summary>Where the daemon keeps its files; null where this user may mount none.</summary>
    public TinyDisk? Disk { get; private set; }

    public string Database => Path.Combine(Daemon.Data, "trafficctl.db");

    /// <summary>v2 at 33 %, for long.</summary>
    /// <param name="hasDisk">The data directory is a disk of its own.</param>
    public static async Task<AbortShop> OpenAsync(bool hasDisk = false)
    {
        var shop = new AbortShop(FreePort.Take());
        if (hasDisk && !shop.TryMount())
        {
            await shop.DisposeAsync();
            Assert.Skip("this user may mount no file system, and nothing else is a full or a read-only disk");
        }

        await shop.DeliverAsync();
        await shop.Daemon.StartAsync(Stop);
        await using (shop.Visit())
            await shop.UntilAsync(static s => s["rollout"]?["phase"]?.GetValue<string>() == "Observing", "v2 is at a third");
        Assert.NotEqual(0, await shop.CandidatesAsync());
        return shop;
    }

    /// <summary>How many of 200 users are served by v2.</summary>
    public async Task<int> CandidatesAsync()
    {
        var candidates = 0;
        for (var i = 0; i < Asked; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{front}/")
            {
                Headers = { { "x-user-id", string.Create(CultureInfo.InvariantCulture, $"user-{asker++}") } },
            };
            using var answer = await client.SendAsync(request, Stop);
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
            if (await answer.Content.ReadAsStringAsync(Stop) == "v2") candidates++;
        }

        return candidates;
    }

    /// <summary>Traffic, for as long as the result lives.</summary>
    public Shoppers Visit() => new(new Uri($"http://127.0.0.1:{front}/"), at: 6);

    /// <summary>What a person types.</summary>
    public Task<Run> CliAsync(params string[] line) => Run.OfAsync(Daemon.Admin, line, stop: Stop);

    /// <summary>The abort, then 200 users; how long both took together is written with the test's result.</summary>
    public async Task<(Run Run, int Candidates)> AbortAsync()
    {
        var (clock, began) = (TimeProvider.System, TimeProvider.System.GetTimestamp());
        var run = await CliAsync("abort", "shop", "--reason", "on fire");
        var answered = clock.GetElapsedTime(began);
        var candidates = await CandidatesAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{candidates} of {Asked} requests on the candidate; the abort was answered after {answered.TotalMilliseconds:0} ms, the last "
                + $"request after {clock.GetElapsedTime(began).TotalMilliseconds:0} ms"));
        return (run, candidates);
    }

    public async Task RestartAsync()
    {
        await Daemon.KillAsync(Stop);
        await Daemon.StartAsync(Stop);
    }

    public Task<JsonNode> StatusAsync() => Daemon.StatusAsync(Stop);

    public Task<JsonNode> UntilAsync(Func<JsonNode, bool> done, string what) =>
        Eventually.GetAsync(StatusAsync, done, what, show: status => $"{status}\n{Daemon.Log}");

    /// <summary>The store works again: the abort is in it, once, and as it was asked for.</summary>
    public async Task AssertRecordedOnceAsync()
    {
        await UntilAsync(static s => s["previous"]?["phase"]?.GetValue<string>() == "Aborted" && s["rollout"] is null, "it is recorded");
        var facts = await Daemon.FactsAsync(Stop);
        var ordered = Assert.Single(facts, f => f["kind"]!.GetValue<string>() == "ordered");
        Assert.Contains("ana (unverified) asked to abort from 127.0.0.1", ordered["text"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("(on fire): accepted", ordered["text"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Single(facts, f => f["kind"]!.GetValue<string>() == "decided" && f["what"]!.GetValue<string>() == "abort");
        Assert.Equal(0, await CandidatesAsync());
        await UntilAsync(static s => s["warnings"]!.AsArray().Count == 0, "nothing is left to warn of");
    }

    /// <summary>Other bytes of the same length in the row of the active rollout; the daemon must not run.</summary>
    public void Patch(string from, string to)
    {
        var bytes = File.ReadAllBytes(Database);
        var (old, fresh) = (Encoding.UTF8.GetBytes(from), Encoding.UTF8.GetBytes(to));
        var found = 0;
        for (var at = bytes.AsSpan().IndexOf(old); at >= 0; at = bytes.AsSpan().IndexOf(old))
        {
            fresh.CopyTo(bytes, at);
            found++;
        }

        Assert.NotEqual(0, found);
        File.WriteAllBytes(Database, bytes);
    }

    public async ValueTask DisposeAsync()
    {
        Daemon.Dispose();
        client.Dispose();
        foreach (var upstream in upstreams) await upstream.DisposeAsync();
        Disk?.Dispose();
        if (File.Exists(Database)) ReadOnlyFile.TrySet(Database, false);
        Directory.Delete(folder, recursive: true);
    }

    private bool TryMount()
    {
        Directory.CreateDirectory(Daemon.Data);
        Disk = TinyDisk.TryMount(Daemon.Data, megabytes: 16);
        return Disk is not null;
    }

    private async Task DeliverAsync()
    {
        var (v1, v2) = (await UpstreamAsync("v1"), await UpstreamAsync("v2"));
        await File.WriteAllTextAsync(Path.Combine(folder, "shop.yaml"), $$"""
            service: shop
            listen: http://127.0.0.1:{{front}}
            identity: [header:x-user-id]
            versions:
              v1: [{{v1}}]
              v2: [{{v2}}]
            stable: v1
            rollout:
              - { weights: [33, 100], hold: 1h }
            holdback: 0
            health: { every: 250ms, timeout: 10s }
            drain: { delay: 0s, max: 1s }
            analysis:
              errors: { worse-by: 20pp }
              latency: { worse-by: 400%, then: hold }
              at-least: { requests: 20 }
              tick: 1s
              warm-up: { errors: 1s, latency: 1s }
            """, Stop);
    }

    private async Task<string> UpstreamAsync(string name)
    {
        var upstream = await Upstream.StartAsync(context => context.Response.WriteAsync(name, context.RequestAborted));
        upstreams.Add(upstream);
        return upstream.Address.GetLeftPart(UriPartial.Authority);
    }
}

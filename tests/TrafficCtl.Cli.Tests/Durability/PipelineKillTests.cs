using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Cli.Demo.Pipelines;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>
/// SIGKILL of the daemon at random moments of a pipeline with real processes: every version arrives, no process runs twice or is left, and
/// no verification is asked twice for one decision.
/// </summary>
[Collection(LoadedMachine.Name)]
public sealed class PipelineKillTests : IDisposable
{
    private const int Versions = 4, KillsOfEach = 5;

    private static readonly CancellationToken Stop = TestContext.Current.CancellationToken;

    private readonly string folder = Directory.CreateTempSubdirectory("trafficctl-pipeline-kill-").FullName;

    private string Asked => Path.Combine(folder, "asked");

    public void Dispose()
    {
        RunningVersions.Of(folder).EndAll();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Every_version_arrives_however_often_the_daemon_is_killed()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("the process runtime is of Linux");
        var (test, prod) = (FreePort.Take(), FreePort.Take());
        var file = await WriteAsync(test, prod);
        using var daemon = new KillableDaemon(folder, file, FreePort.Take());
        await daemon.StartAsync(Stop);
        var files = new PipelineFiles(folder);
        var random = new Random(16);
        for (var number = 1; number <= Versions; number++)
        {
            var version = string.Create(CultureInfo.InvariantCulture, $"v{number}");
            await files.ReleaseAsync(version, errors: 0, isBroken: false, Stop);
            await SeenAsync(daemon, pipeline => HasVersion(pipeline, version), $"{version} is published");
            for (var kill = 0; kill < KillsOfEach; kill++)
            {
#pragma warning disable RS0030 // It is killed at any moment, not at one that the test could see.
                await Task.Delay(random.Next(50, 1500), Stop);
#pragma warning restore RS0030
                await daemon.KillAsync(Stop);
                RunningVersions.Of(folder).AssertNoneIsDoubled();
                await daemon.StartAsync(Stop);
            }

            await SeenAsync(daemon, pipeline => IsGood(pipeline, version), $"{version} is good in prod");
            Assert.Equal(version, await ServedByAsync(test));
            Assert.Equal(version, await ServedByAsync(prod));
        }

        // Of each environment one process, of its current version: those before it were drained and ended.
        await Eventually.TrueAsync(
            () => RunningVersions.Of(folder).Marks.Count == 2, "what ran before has ended",
            seen: () => $"{string.Join('\n', RunningVersions.Of(folder).Marks)}\n{daemon.Log}");
        RunningVersions.Of(folder).AssertNoneIsDoubled();
        var asked = await File.ReadAllLinesAsync(Asked, Stop);
        Assert.Equal(asked.Distinct(), asked);
        Assert.True(asked.Length >= Versions, string.Join('\n', asked));
    }

    private static async Task SeenAsync(KillableDaemon daemon, Func<JsonNode, bool> isSeen, string what)
    {
        using var admin = new HttpClient { BaseAddress = new Uri(daemon.Admin) };
        // A verification that a kill cut off is asked again after half a minute, and each of them may be.
        await Eventually.GetAsync(
            () => LookAsync(admin), pipeline => pipeline is not null && isSeen(pipeline), what, show: p => $"{p}\n{daemon.Log}",
            within: TimeSpan.FromMinutes(6));
    }

    /// <summary>Null before the first round of the daemon.</summary>
    private static async Task<JsonNode?> LookAsync(HttpClient admin)
    {
        using var answer = await admin.GetAsync(new Uri("/v1/pipelines/shop", UriKind.Relative), Stop);
        return answer.IsSuccessStatusCode ? JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop)) : null;
    }

    private static bool HasVersion(JsonNode pipeline, string version) =>
        pipeline["versions"]?.AsArray().Any(v => Text(v!, "version") == version) == true;

    private static bool IsGood(JsonNode pipeline, string version) =>
        pipeline["environments"]!.AsArray().Single(e => Text(e!, "environment") == "prod")!["bundles"]?.AsArray()
            .Any(b => Text(b!, "version") == version && Text(b!, "phase") == "good") == true;

    private static string? Text(JsonNode node, string key) => node[key]?.GetValue<string>();

    private static async Task<string> ServedByAsync(int port)
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync($"http://127.0.0.1:{port}/", Stop);
        return Assert.Single(answer.Headers.GetValues("x-demo-version"));
    }

    private async Task<string> WriteAsync(int test, int prod)
    {
        Directory.CreateDirectory(Path.Combine(folder, "releases"));
        var smoke = Path.Combine(folder, "smoke.sh");
        await File.WriteAllTextAsync(smoke, $"#!/bin/sh\necho \"$TRAFFICCTL_VERSION $TRAFFICCTL_ROUND\" >> '{Asked}'\nsleep 0.3\n", Stop);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(smoke, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = Path.Combine(folder, "shop.yaml");
        await File.WriteAllTextAsync(file, $$"""
            service: shop
            artifact: ./releases/{version}/shop
            runtime: { process: { command: "{artifact} {port}", health: /healthz } }
            drain: { delay: 0s, max: 1s }
            environments:
              test: { listen: "http://127.0.0.1:{{test}}", watch: 1s, verify: [{ run: ./smoke.sh }] }
              prod: { listen: "http://127.0.0.1:{{prod}}", watch: 1s, strategy: all-at-once, analysis: { at-least: { requests: 0 } } }
            """, Stop);
        return file;
    }
}

using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>A whole daemon with the smallest pipeline: versions that appear in a folder, real processes, and real requests.</summary>
public sealed class PipelineRunTests : IDisposable
{
    private static readonly string[] Order = ["test", "staging", "prod"];

    private readonly TemporaryDirectory directory = new();
    private readonly HttpClient client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });

    private string Log => Path.Combine(directory.Path, "processes");

    public void Dispose()
    {
        client.Dispose();
        foreach (var (process, _) in Started())
        {
            try
            {
                Process.GetProcessById(process).Kill();
            }
            catch (ArgumentException)
            {
                // It was stopped.
            }
        }

        directory.Dispose();
    }

    [Fact]
    public async Task A_version_in_a_folder_goes_through_every_environment_and_a_restart_leaves_it_running()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "processes are run on Linux only");
        var file = Path.Combine(directory.Path, "checkout.yaml");
        var (test, staging, prod) = (FreePort.Address(), FreePort.Address(), FreePort.Address());
        File.WriteAllText(file, $$"""
            service: checkout
            artifact: ./releases/{version}/checkout
            runtime: { process: { command: "{artifact} --urls http://127.0.0.1:{port}", health: /healthz } }
            drain: { delay: 0s, max: 1s }
            environments:
              test:    { listen: "{{Bare(test)}}", watch: 1s, verify: [{ run: ./smoke.sh, timeout: 1m }] }
              staging: { listen: "{{Bare(staging)}}", watch: 1s }
              prod:    { listen: "{{Bare(prod)}}", watch: 1s, strategy: all-at-once, analysis: { at-least: { requests: 0 } } }

            """);
        Write("smoke.sh", "#!/bin/sh\nexit 0\n");
        Release("v1");
        var options = new DaemonOptions
        {
            Files = [file],
            DataDirectory = Path.Combine(directory.Path, "data"),
            Admin = new Uri("http://127.0.0.1:0"),
            Logging = static logging => logging.SetMinimumLevel(LogLevel.None),
        };

        await using (var host = await DaemonHost.StartAsync(options, default))
        {
            await ServedEverywhereAsync(host, "v1");
            Release("v2");
            await ServedEverywhereAsync(host, "v2");
            var pipeline = await StatusAsync(host);
            var of = pipeline.Environments.Select(static e => e.Bundles.Single(static b => b.Version == "v2")).ToList();
            Assert.Equal(Order, pipeline.Environments.Select(static e => e.Environment));
            Assert.True(of[0].GoodAt.ToDateTimeOffset() <= of[1].EnteredAt.ToDateTimeOffset(), $"staging took v2 too early: {pipeline}");
            Assert.True(of[1].GoodAt.ToDateTimeOffset() <= of[2].EnteredAt.ToDateTimeOffset(), $"prod took v2 too early: {pipeline}");
        }

        var before = Started();
        Assert.Equal(3, before.Count(static p => p.Version == "v2"));
        await using (var host = await DaemonHost.StartAsync(options, default))
        {
            await ServedEverywhereAsync(host, "v2");
            Assert.Equal(before, Started());
        }
    }

    private static string Bare(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private async Task ServedEverywhereAsync(DaemonHost host, string version)
    {
        await Eventually.GetAsync(
            () => StatusAsync(host), pipeline => Order.All(environment => IsGood(pipeline, environment, version)),
            $"{version} is Good everywhere", static pipeline => pipeline.ToString());
        foreach (var environment in Order)
            Assert.Equal(version, await client.GetStringAsync(host.AddressOf(new TargetKey("checkout", environment))));
    }

    private static bool IsGood(PipelineStatus pipeline, string environment, string version)
    {
        var found = pipeline.Environments.FirstOrDefault(e => e.Environment == environment);
        return found?.Targets.FirstOrDefault()?.Observed == version
            && found.Bundles.Any(b => b.Version == version && b.Phase == "good");
    }

    private async Task<PipelineStatus> StatusAsync(DaemonHost host)
    {
        var json = await client.GetStringAsync(new Uri(host.Admin, "/v1/pipelines"));
        var all = Google.Protobuf.JsonParser.Default.Parse<ListPipelinesResponse>(json).Pipelines;
        // Before its first round nothing is known of it.
        return all.SingleOrDefault() ?? new PipelineStatus();
    }

    /// <summary>Under a name that is passed over, and then in one step under its own.</summary>
    private void Release(string version)
    {
        var (made, named) = ($"releases/.{version}", Path.Combine(directory.Path, "releases", version));
        Write($"{made}/checkout", VersionRole.Script(version, Log));
        File.WriteAllText(Path.Combine(directory.Path, made, ".complete"), "");
        Directory.Move(Path.Combine(directory.Path, made), named);
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(directory.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private List<(int Process, string Version)> Started() => !File.Exists(Log)
        ? []
        :
        [
            .. File.ReadAllLines(Log).Select(static line => line.Split(' '))
                .Select(static words => (int.Parse(words[0], CultureInfo.InvariantCulture), words[1])),
        ];
}

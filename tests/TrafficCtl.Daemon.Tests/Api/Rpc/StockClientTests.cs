using System.Diagnostics;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api.Rpc;

/// <summary>Clients of other languages, as their packages come: what each saw is compared with what the .NET client sees.</summary>
public sealed class StockClientTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private static readonly string Scripts = Path.Combine(Repository.Root, "tests/TrafficCtl.Daemon.Tests/Api/Rpc/Clients");

    private readonly TemporaryDirectory directory = new();

    [Fact]
    public async Task The_grpcio_of_Python()
    {
        Assert.SkipUnless(File.Exists(Python) && await RunsAsync(Python, "-c", "import grpc, google.protobuf"), "no python3-grpcio here");
        var descriptors = await DescriptorsAsync();
        await CheckAsync(address => [Python, Path.Combine(Scripts, "client.py"), address, descriptors]);
    }

    /// <remarks>
    /// <c>.ci/run</c> puts the package there; for oneself: <c>npm install --prefix artifacts/grpc-js @grpc/grpc-js @grpc/proto-loader</c>.
    /// </remarks>
    [Fact]
    public async Task The_grpc_js_of_Node()
    {
        var modules = Path.Combine(Repository.Root, "artifacts/grpc-js/node_modules");
        var isThere = Directory.Exists(Path.Combine(modules, "@grpc/proto-loader")) && await RunsAsync("node", "--version");
        Assert.SkipUnless(isThere, "no @grpc/grpc-js here");
        var descriptors = await DescriptorsAsync();
        await CheckAsync(address =>
            ["node", Path.Combine(Scripts, "client.js"), address, Path.Combine(Repository.Root, "proto"), modules, descriptors]);
    }

    public void Dispose() => directory.Dispose();

    private static async Task CheckAsync(Func<string, string[]> command)
    {
        await using var host = await ApiHost.StartAsync(Example.Active(), Example.Quiet("search"));
        host.Readiness.TurnOn();
        host.Answering = static stop => new TaskCompletionSource().Task.WaitAsync(stop);
        var (exit, output, error) = await RunAsync(command(host.Http.BaseAddress!.Authority));
        Assert.True(exit == 0, error);
        var expected = JsonNode.Parse(
            """
            {
              "unary": "Observing", "missing": false,
              "error": [
                "NOT_FOUND", "no service \"chekout\" here: did you mean \"checkout\"?", "trafficctl.io", "UNKNOWN_SERVICE", "service",
                "chekout"
              ],
              "field": ["INVALID_ARGUMENT", "reason"],
              "stream": "checkout", "cancelled": "CANCELLED", "deadline of a watch": "DEADLINE_EXCEEDED",
              "near": "INVALID_ARGUMENT", "large": "RESOURCE_EXHAUSTED", "deadline": "DEADLINE_EXCEEDED",
              "list": 2, "judge": ["unsure"],
              "health": [1, 1, 1, 1], "health of none": "NOT_FOUND", "health watch": 1,
              "reflection": [
                "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
                "trafficctl.v1.Journal", "trafficctl.v1.Judging", "trafficctl.v1.Promotions", "trafficctl.v1.Rollouts"
              ]
            }
            """);
        Assert.Equal(expected!.ToJsonString(), JsonNode.Parse(output)!.ToJsonString());
    }

    private async Task<string> DescriptorsAsync()
    {
        var path = Path.Combine(directory.Path, "contract.binpb");
        await File.WriteAllBytesAsync(path, DescriptorSet().ToByteArray());
        return path;
    }

    /// <summary>The contract, and what stands beside it, with what they import, imports first.</summary>
    private static FileDescriptorSet DescriptorSet()
    {
        var (set, names) = (new FileDescriptorSet(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var file in (FileDescriptor[])
            [
                RolloutsReflection.Descriptor, PromotionsReflection.Descriptor, Google.Rpc.StatusReflection.Descriptor,
                Google.Rpc.ErrorDetailsReflection.Descriptor,
                Grpc.Health.V1.HealthReflection.Descriptor, Grpc.Reflection.V1.ReflectionReflection.Descriptor,
            ])
            Add(file);
        return set;

        void Add(FileDescriptor file)
        {
            if (!names.Add(file.Name)) return;
            foreach (var imported in file.Dependencies) Add(imported);
            set.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
        }
    }

    private static async Task<bool> RunsAsync(params string[] command)
    {
        try
        {
            return (await RunAsync(command)).Exit == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // There is no such program.
        }
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(string[] command)
    {
        var start = new ProcessStartInfo(command[0])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in command.Skip(1)) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}

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
        var descriptors = Path.Combine(directory.Path, "contract.binpb");
        await File.WriteAllBytesAsync(descriptors, DescriptorSet().ToByteArray());
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
        await CheckAsync(address => ["node", Path.Combine(Scripts, "client.js"), address, Path.Combine(Repository.Root, "proto"), modules]);
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
              "error": ["NOT_FOUND", "no service \"chekout\" here: did you mean \"checkout\"?", true],
              "stream": "checkout", "cancelled": "CANCELLED", "large": "RESOURCE_EXHAUSTED", "deadline": "DEADLINE_EXCEEDED",
              "list": 2, "health": "0801", "reflection": true
            }
            """);
        Assert.Equal(expected!.ToJsonString(), JsonNode.Parse(output)!.ToJsonString());
    }

    /// <summary>The contract with what it imports, imports first.</summary>
    private static FileDescriptorSet DescriptorSet()
    {
        var set = new FileDescriptorSet();
        foreach (var file in RolloutsReflection.Descriptor.Dependencies.Append(RolloutsReflection.Descriptor))
            set.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
        return set;
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

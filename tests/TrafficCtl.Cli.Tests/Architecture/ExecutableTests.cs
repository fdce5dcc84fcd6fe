using System.Text.Json.Nodes;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>
/// Transitive project references are off, so what lies beside the executable is listed by hand; this reads the list it starts with.
/// </summary>
public sealed class ExecutableTests
{
    [Theory]
    [InlineData("Yarp.ReverseProxy")]
    [InlineData("Microsoft.Data.Sqlite")]
    [InlineData("SQLitePCLRaw.bundle_e_sqlite3")]
    [InlineData("TrafficCtl.Proxy")]
    [InlineData("TrafficCtl.Adapters")]
    [InlineData("TrafficCtl.Kubernetes")]
    [InlineData("TrafficCtl.Offline")]
    public void The_executable_finds_it_at_run_time(string library)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "trafficctl.deps.json")))!;
        Assert.Contains(manifest["libraries"]!.AsObject(), l => l.Key.StartsWith(library + "/", StringComparison.Ordinal));
    }
}

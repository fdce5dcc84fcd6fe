using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>
/// Tests wait in one way, with <see cref="Eventually"/>: <c>tests/BannedSymbols.txt</c> makes delays and deadlines of a test's own errors
/// of the build. The exceptions are few and listed here.
/// </summary>
public sealed class WaitTests
{
    /// <summary>Where a stretch of the machine's own time is the subject, or is what others are built of.</summary>
    private static readonly string[] Exceptions =
    [
        "TrafficCtl.Cli.Tests/Durability/BlockedFileTests.cs",
        "TrafficCtl.Cli.Tests/Durability/KillTests.cs",
        "TrafficCtl.Cli.Tests/Durability/PipelineKillTests.cs",
        "TrafficCtl.Daemon.Tests/Cluster/MachinePulse.cs",
        "TrafficCtl.Proxy.Tests/Routing/LeavingTests.cs",
        "TrafficCtl.Proxy.Tests/Routing/SlowClientTests.cs",
        "TrafficCtl.TestKit/Periodic.cs",
        "TrafficCtl.TestKit/RunningClock.cs",
    ];

    private static readonly string Folder = Path.Combine(Repository.Root, "tests");

    [Fact]
    public void Only_what_is_listed_has_a_delay_of_its_own() => Assert.Equal(Exceptions, Having("#pragma warning disable RS0030"));

    [Fact]
    public void Each_of_them_says_why() => Assert.Equal(Exceptions, Having("#pragma warning disable RS0030 // "));

    private static IEnumerable<string> Having(string text) => Directory.EnumerateFiles(Folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.EndsWith("WaitTests.cs", StringComparison.Ordinal)
            && File.ReadAllText(file).Contains(text, StringComparison.Ordinal))
        .Select(file => Path.GetRelativePath(Folder, file).Replace(Path.DirectorySeparatorChar, '/'))
        .Order(StringComparer.Ordinal);
}

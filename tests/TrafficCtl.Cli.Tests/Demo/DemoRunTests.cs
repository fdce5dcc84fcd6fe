using System.Net.Sockets;
using TrafficCtl.Cli.Demo;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Demo.Pacing;
using TrafficCtl.Cli.Demo.Story;
using TrafficCtl.Cli.Demo.Views;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Demo;

/// <summary>Real processes, real traffic, a real verdict, in the shortest of the scenarios.</summary>
[Collection(LoadedMachine.Name)]
public sealed class DemoRunTests : IDisposable
{
    private readonly DirectoryInfo temporary = Directory.CreateTempSubdirectory("demo-run-");

    public void Dispose() => temporary.Delete(recursive: true);

    [Fact]
    public async Task A_version_that_dies_is_rolled_back_at_its_first_step_and_nothing_is_left()
    {
        using var view = new Heard(static _ => false);
        var summary = await Run(view, Short).RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("rolled-back", true, 5.0), (summary.Outcome, summary.Right, summary.MaxWeight));
        Assert.NotNull(summary.SecondsToRollback);
        Assert.InRange(summary.BadResponses, 1, summary.Requests);
        await AssertNothingIsLeftAsync(view);
    }

    [Fact]
    public async Task An_interrupt_leaves_no_process_and_no_file()
    {
        using var view = new Heard(static line => line.StartsWith("v2 is published", StringComparison.Ordinal));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            Run(view, Short).RunAsync(view.Interrupt));
        await AssertNothingIsLeftAsync(view);
    }

    [Fact]
    public async Task A_run_that_fails_keeps_its_log_and_says_where()
    {
        using var view = new Heard(static _ => false);
        var failure = await Assert.ThrowsAsync<Failure>(() =>
            Run(view, static _ => throw new Failure("no profile", "this test", "none is wanted")).RunAsync(
                TestContext.Current.CancellationToken));

        var folder = Assert.Single(temporary.EnumerateDirectories());
        var log = Path.Combine(folder.FullName, "demo.log");
        Assert.Contains(log, failure.Message, StringComparison.Ordinal);
        Assert.Contains("no profile: this test", failure.Message, StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken);
        Assert.All(view.Lines, line => Assert.Contains(line, text, StringComparison.Ordinal));
        Assert.Contains("daemon Information", text, StringComparison.Ordinal);
        Assert.Contains("no profile", text, StringComparison.Ordinal);
    }

    private static Profile Short(Pace pace) =>
        Profile.Of(DemoScenario.Down, fast: true, pace.Rate) with { StableOnly = TimeSpan.FromSeconds(2) };

    private DemoRun Run(IDemoView view, Func<Pace, Profile> profileOf) =>
        new(DemoScenario.Down, profileOf, view, TimeProvider.System, temporary.FullName);

    private async Task AssertNothingIsLeftAsync(Heard view)
    {
        Assert.Empty(temporary.EnumerateFileSystemInfos());
        var v2 = new Uri(Assert.Single(view.Lines, l => l.StartsWith("v2 is published", StringComparison.Ordinal)).Split(' ')[^1]);
        using var client = new TcpClient();
        await Assert.ThrowsAnyAsync<SocketException>(() => client.ConnectAsync(v2.Host, v2.Port));
    }

    /// <summary>Hears the story, and interrupts at a line of it.</summary>
    private sealed class Heard(Func<string, bool> interrupts) : IDemoView
    {
        private readonly CancellationTokenSource interrupt = new();

        public List<string> Lines { get; } = [];

        public CancellationToken Interrupt => interrupt.Token;

        public void Say(string line)
        {
            Lines.Add(line);
            if (interrupts(line)) interrupt.Cancel();
        }

        public void Show(ServiceStatus status, LoadReport load, string? stage)
        {
        }

        public void Dispose() => interrupt.Dispose();
    }
}

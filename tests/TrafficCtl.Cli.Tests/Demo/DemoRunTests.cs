using System.Net.Sockets;
using TrafficCtl.Cli.Demo;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Demo;

/// <summary>Real processes, real traffic, a real verdict, in the shortest of the scenarios.</summary>
public sealed class DemoRunTests : IDisposable
{
    private static readonly Profile Short = Profile.Of(Scenario.Down, fast: true) with { Rate = 600, StableOnly = TimeSpan.FromSeconds(2) };

    private readonly DirectoryInfo temporary = Directory.CreateTempSubdirectory("demo-run-");

    public void Dispose() => temporary.Delete(recursive: true);

    [Fact]
    public async Task A_version_that_dies_is_rolled_back_at_its_first_step_and_nothing_is_left()
    {
        using var view = new Heard(static _ => false);
        var summary = await new DemoRun(Short, view, TimeProvider.System, temporary.FullName).RunAsync(TestContext.Current.CancellationToken);

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
            new DemoRun(Short, view, TimeProvider.System, temporary.FullName).RunAsync(view.Interrupt));
        await AssertNothingIsLeftAsync(view);
    }

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

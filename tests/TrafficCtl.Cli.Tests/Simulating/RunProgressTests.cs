using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Simulating;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Cli.Tests.Simulating;

public sealed class RunProgressTests : IDisposable
{
    private readonly ManualClock clock = new();
    private readonly StringWriter error = new() { NewLine = "\n" };

    public void Dispose() => error.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_done_within_a_second_shows_no_progress(bool isTerminal)
    {
        using (var progress = Progress(isTerminal))
        {
            progress.Report(5);
            clock.Advance(TimeSpan.FromMilliseconds(999));
            progress.Report(10);
        }

        Assert.Equal("", error.ToString());
    }

    [Fact]
    public void After_a_second_each_tenth_of_the_way_is_a_line()
    {
        using var progress = Progress(isTerminal: false);
        progress.Report(1);
        clock.Advance(TimeSpan.FromSeconds(1));
        progress.Report(4);
        progress.Report(4);
        clock.Advance(TimeSpan.FromSeconds(1));
        progress.Report(10);
        Assert.Equal([" 40 %  4 of 10 runs in 1 s, 2 s to go", "100 %  10 of 10 runs in 2 s, 0 s to go"], error.ToString()
            .TrimEnd('\n')
            .Split('\n'));
    }

    private RunProgress Progress(bool isTerminal) =>
        new(10, new Surroundings(TextWriter.Null, error, isTerminal, static () => (100, 40), static _ => null, "ana", clock));
}

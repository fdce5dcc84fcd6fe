using Google.Protobuf;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Watching;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Watching;

public class WatchTests
{
    [Fact]
    public void Draws_an_active_rollout() => GoldenText.Check("watch-active", FrameOf(Example.Active(), 100));

    [Fact]
    public void Draws_an_ended_rollout() => GoldenText.Check("watch-ended", FrameOf(Example.Ended(), 100));

    [Theory]
    [InlineData("watch-80x24", 80, 24)]
    [InlineData("watch-40x10", 40, 10)]
    public void Draws_what_matters_most_on_a_small_terminal(string golden, int columns, int rows) =>
        GoldenText.Check(golden, FrameOf(Example.Busy(), columns, rows));

    [Theory]
    [InlineData("watch-many-80x24", 80, 24)]
    [InlineData("watch-many-120x60", 120, 60)]
    public void Draws_several_services(string golden, int columns, int rows)
    {
        var names = new ServiceStatus[] { Example.Busy(), Example.Ended(), Example.Active() };
        GoldenText.Check(
            golden,
            string.Join('\n', Frame.Lines(ManyView.Render(names, "the daemon broke off", columns, rows), columns, colours: false)) + "\n");
    }

    [Fact]
    public void Tells_the_targets_of_one_service_apart_also_in_the_news()
    {
        var east = Target("east");
        var west = Target("west");
        var lines = Frame.Lines(ManyView.Render([east, west, Example.Ended()], null, 80, 24), 80, colours: false);
        foreach (var name in (string[])["checkout@prod/east ", "checkout@prod/west "])
        {
            Assert.Contains(lines, line => line.StartsWith(name, StringComparison.Ordinal));
            Assert.Contains(lines, line => line.Contains($"Z  {name}", StringComparison.Ordinal));
        }

        static ServiceStatus Target(string target)
        {
            var status = Example.Active().Clone();
            (status.Service, status.Environment, status.Target) = ("checkout", "prod", target);
            foreach (var fact in status.Recent) (fact.Service, fact.Environment, fact.Target) = ("checkout", "prod", target);
            return status;
        }
    }

    [Theory]
    [InlineData(40, 10)]
    [InlineData(80, 24)]
    [InlineData(80, 23)]
    [InlineData(120, 40)]
    public void Fits_and_shows_the_state_the_reason_and_the_newest_facts(int columns, int rows)
    {
        foreach (var (phase, words) in (ReadOnlySpan<(string, string)>)[
            ("Observing", "observing"), ("Paused", "paused"), ("Baking", "watch"), ("Waiting", "waiting")
        ])
        {
            var status = Example.Busy();
            status.Rollout.Phase = phase;
            var lines = Frame.Lines(WatchView.Render(status, columns, rows), columns, colours: false);
            Assert.InRange(lines.Length, 1, rows);
            Assert.All(lines, line => Assert.InRange(Frame.Cells(line), 0, columns));
            Assert.Contains(words, lines[0]);
            Assert.Contains(lines, static line => line.StartsWith("weight ", StringComparison.Ordinal));
            Assert.Contains(lines, static line => line.StartsWith("now ", StringComparison.Ordinal));
            Assert.True(lines.Count(static line => line.StartsWith("11:5", StringComparison.Ordinal)) >= 3, "the newest facts");
        }
    }

    [Theory]
    [InlineData(40, 10)]
    [InlineData(80, 24)]
    [InlineData(80, 100)]
    public void What_was_drawn_stands_on_the_terminal_to_the_last_column(int columns, int rows)
    {
        using var output = new StringWriter();
        var surroundings = new Surroundings(
            output, TextWriter.Null, true, () => (columns, rows), static _ => null, "ana", TimeProvider.System);
        string[] drawn;
        using (var screen = new Screen(surroundings))
        {
            screen.Show((c, r) => WatchView.Render(Example.Active(), c, r));
            screen.Show((c, r) => WatchView.Render(Example.Busy(), c, r));
            drawn = new SmallTerminal(columns, rows).Write(output.ToString()).Lines;
        }

        var expected = Frame.Lines(WatchView.Render(Example.Busy(), columns, rows), columns, colours: false);
        Assert.Equal(expected, drawn[..expected.Length]);
        Assert.All(drawn[expected.Length..], Assert.Empty);
    }

    [Fact]
    public void Of_a_long_plan_the_steps_around_the_present_one_are_shown()
    {
        var status = Example.Active();
        status.Rollout.Plan.Clear();
        status.Rollout.Plan.AddRange(Enumerable.Range(1, 40).Select(static i => i * 250));
        (status.Rollout.Step, status.Rollout.Steps) = (20, 39);
        var line = FrameOf(status, 80).Split('\n')[1];
        Assert.StartsWith("plan         … ✓", line);
        Assert.Contains(" ● 50 % ", line);
        Assert.EndsWith(" …", line);
        Assert.InRange(line.Length, 60, 80);
    }

    [Fact]
    public void Draws_what_the_router_serves_where_the_store_cannot_be_read() =>
        GoldenText.Check("watch-unread", FrameOf(Example.Unread(), 100) + "\n" + FrameOf(Example.Stray(), 100));

    [Fact]
    public void Draws_a_tripped_breaker()
    {
        var status = Example.Active();
        (status.Rollout.EffectiveWeight, status.Rollout.Breaker) = (0, "9 of 9 requests failed");
        var frame = FrameOf(status, 100);
        Assert.Contains("breaker: 9 of 9 requests failed", frame);
        Assert.Contains("0 % (10 % asked)", frame);
    }

    [Fact]
    public void Draws_a_shadow_beside_the_weight_and_in_the_plan()
    {
        var status = Example.Active();
        (status.Rollout.Step, status.Rollout.Weight, status.Rollout.EffectiveWeight, status.Rollout.Shadow) = (1, 0, 0, 1000);
        status.Rollout.Plan[0] = 0;
        status.Rollout.PlanShadows.AddRange([1000, 0, 0, 0, 0, 0]);
        var frame = FrameOf(status, 100);
        Assert.Contains("● shadow 10 % ── ○ 10 % ──", frame);
        Assert.Contains("0 %, shadow 10 % to v2", frame);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(200)]
    public void Stays_inside_the_terminal(int columns)
    {
        foreach (var status in (ServiceStatus[])[Example.Active(), Example.Ended()])
            Assert.All(Frame.Lines(WatchView.Render(status, columns), columns, colours: false), line =>
                Assert.InRange(line.Length, 0, columns));
    }

    [Fact]
    public void Takes_markup_in_names_for_text()
    {
        var status = Example.Active();
        (status.Service, status.Rollout.Reason) = ("[red]x[/]", "[bold");
        Assert.Contains("[red]x[/]", FrameOf(status, 100));
        Assert.Contains("[bold", FrameOf(status, 100));
    }

    [Theory]
    [InlineData(double.NaN, 0)]
    [InlineData(-1, 0)]
    [InlineData(0.0001, 1)]
    [InlineData(0.5, 5)]
    [InlineData(0.9999, 9)]
    [InlineData(7, 10)]
    public void A_bar_is_empty_only_at_0_and_full_only_at_1(double fraction, int filled) =>
        Assert.Equal(filled, Bars.FilledOf(fraction, 10));

    [Fact]
    public async Task Prints_a_line_for_each_change_where_there_is_no_terminal()
    {
        var (second, third) = (Example.Active(), Example.Active());
        second.Stable.RequestsPerSecond = 1;
        (third.Rollout.Phase, third.Rollout.Weight, third.Rollout.EffectiveWeight, third.Rollout.Step) = ("Shifting", 2500, 2500, 3);
        await using var daemon = (await CannedDaemon.StartAsync()).WithEvents(
            "/v1/watch", Example.Active(), second, third, Example.Ended());
        var run = await Run.OfAsync(daemon.Address, ["watch"]);
        GoldenText.Check("watch-lines", run.Out);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("the watch ended", run.Error);
    }

    [Fact]
    public async Task Prints_a_document_a_line_for_scripts()
    {
        await using var daemon = (await CannedDaemon.StartAsync()).WithEvents(
            "/v1/services/checkout/watch", Example.Active(), Example.Active());
        var run = await Run.OfAsync(daemon.Address, ["watch", "checkout", "-o", "json"]);
        Assert.Equal(
            [Example.Active(), Example.Active()], run.Out.TrimEnd('\n').Split('\n').Select(JsonParser.Default.Parse<ServiceStatus>));
    }

    [Theory]
    [InlineData(true, "waits for")]
    [InlineData(false, "trying again")]
    public async Task Leaves_the_terminal_as_it_was_and_the_last_frame_below(bool isConnected, string after)
    {
        await using var daemon = (await CannedDaemon.StartAsync()).WithEvents("/v1/watch", Example.Active());
        daemon.HoldsStreams = isConnected;
        using var stop = new CancellationTokenSource();
        var output = new StopAfter(after, stop);
        var surroundings = new Surroundings(
            output, TextWriter.Null, IsTerminal: true, static () => (100, 40),
            name => name == AskOptions.AdminVariable ? daemon.Address : null, "ana", TimeProvider.System);
        Assert.Equal(0, await App.RunAsync(["watch"], surroundings, stop.Token));
        var written = output.ToString();
        Assert.StartsWith("\e[?1049h\e[?25l", written);
        var leave = written.LastIndexOf("\e[?25h\e[?1049l", StringComparison.Ordinal);
        Assert.True(leave > 0);
        Assert.Contains("checkout", written[leave..]);
    }

    private static string FrameOf(ServiceStatus status, int columns, int rows = int.MaxValue) =>
        string.Join('\n', Frame.Lines(WatchView.Render(status, columns, rows), columns, colours: false)) + "\n";

    /// <summary>Presses Ctrl-C when a text has been drawn.</summary>
    private sealed class StopAfter(string text, CancellationTokenSource stop) : StringWriter
    {
        public override void Flush()
        {
            if (ToString().Contains(text, StringComparison.Ordinal)) stop.Cancel();
        }
    }
}

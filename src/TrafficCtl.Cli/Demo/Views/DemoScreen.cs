using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Watching;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Views;

/// <summary>The picture of <c>watch</c>, with the story so far and what users got below it.</summary>
internal sealed class DemoScreen(Surroundings surroundings) : IDemoView
{
    private const int StoryShown = 6;

    private static readonly Style Dim = new(Color.Grey);

    private readonly Screen screen = new(surroundings);
    private readonly List<string> story = [];
    private readonly long start = surroundings.Clock.GetTimestamp();
    private ServiceStatus? status;
    private LoadReport load = LoadReport.Nothing;
    private string? stage;

    public void Say(string line)
    {
        story.Add(string.Create(CultureInfo.InvariantCulture, $"{surroundings.Clock.GetElapsedTime(start).TotalSeconds,5:0} s  {line}"));
        Draw();
    }

    public void Show(ServiceStatus status, LoadReport load, string? stage)
    {
        (this.status, this.load, this.stage) = (status, load, stage);
        Draw();
    }

    public void Dispose() => screen.Dispose();

    private void Draw() => screen.Show(Picture);

    /// <summary>What is of the demonstration alone is shown whole, below what room is left to the picture of <c>watch</c>.</summary>
    private Rows Picture(int columns, int rows)
    {
        var parts = new List<IRenderable>();
        var below = 2 + (stage is null ? 0 : 1) + Math.Min(StoryShown, story.Count);
        if (status is not null) parts.Add(WatchView.Render(status, columns, Math.Max(1, rows - below)));
        if (stage is not null) parts.Add(new OneLine(new Text(stage, new Style(Color.Aqua))));
        parts.Add(Text.Empty);
        parts.Add(new OneLine(new Text(
            string.Create(
                CultureInfo.InvariantCulture, $"users    {load.Sent:N0} requests; v2 answered {load.V2:N0}, of those {load.BadV2} bad"),
            load.BadV2 > 0 ? new Style(Color.Red) : Dim)));
        parts.AddRange(story.TakeLast(StoryShown).Select(line => new OneLine(new Text(line, Dim))));
        return new Rows(parts);
    }
}

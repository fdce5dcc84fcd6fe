using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.Cli.Watching;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>The pipeline on a terminal: its targets, what users got, and the story so far.</summary>
internal sealed class PipelineDemoScreen(Surroundings surroundings) : IPipelineDemoView
{
    private static readonly Style Dim = new(Color.Grey), Strong = new(decoration: Decoration.Bold), Alarm = new(Color.Red);

    private readonly Screen screen = new(surroundings);
    private readonly List<string> story = [];
    private readonly long start = surroundings.Clock.GetTimestamp();
    private PipelineStatus pipeline = new();
    private VisitorCounts load;

    public void Say(string line)
    {
        story.Add(string.Create(CultureInfo.InvariantCulture, $"{surroundings.Clock.GetElapsedTime(start).TotalSeconds,5:0} s  {line}"));
        screen.Show(Picture);
    }

    public void Show(PipelineStatus pipeline, VisitorCounts load)
    {
        (this.pipeline, this.load) = (pipeline, load);
        screen.Show(Picture);
    }

    public void Dispose() => screen.Dispose();

    private Rows Picture(int columns, int rows)
    {
        var parts = new List<IRenderable> { new OneLine(new Text($"{pipeline.Service}: test → staging → prod", Strong)), Text.Empty };
        foreach (var (where, what) in PipelinePicture.Lines(pipeline)) parts.Add(new OneLine(new Text($"{where,-8} {what}")));
        foreach (var environment in pipeline.Environments)
            foreach (var block in environment.Blocks.Take(2))
                parts.Add(new OneLine(new Text($"  {environment.Environment} waits: {block.Version} {block.Why}", Dim)));
        parts.Add(Text.Empty);
        var users = string.Create(CultureInfo.InvariantCulture, $"users    {load.Requests:N0} requests, {load.Bad:N0} bad");
        parts.Add(new OneLine(new Text(users, load.Bad > 0 ? Alarm : Dim)));
        parts.Add(Text.Empty);
        parts.AddRange(story.TakeLast(Math.Max(1, rows - parts.Count - 1)).Select(line => new OneLine(new Text(line, Dim))));
        return new Rows(parts);
    }
}

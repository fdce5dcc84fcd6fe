using System.Globalization;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>A line for each moment and each change, where nobody looks at a terminal.</summary>
internal sealed class PipelineDemoLines(TextWriter to, TimeProvider clock) : IPipelineDemoView
{
    private readonly long start = clock.GetTimestamp();
    private readonly Dictionary<string, string> last = [];

    public void Say(string line)
    {
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.GetElapsedTime(start).TotalSeconds,6:0.0} s  {line}"));
        to.Flush();
    }

    public void Show(PipelineStatus pipeline, VisitorCounts load)
    {
        foreach (var (where, what) in PipelinePicture.Lines(pipeline))
        {
            if (last.GetValueOrDefault(where) == what) continue;
            last[where] = what;
            Say($"  {where}: {what} [{PrintedUnits.Count(load.Requests)} requests, {PrintedUnits.Count(load.Bad)} bad]");
        }
    }

    public void Dispose()
    {
    }
}

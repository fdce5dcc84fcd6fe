using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>What the person who started the demonstration of a pipeline sees of it.</summary>
internal interface IPipelineDemoView : IDisposable
{
    /// <summary>A moment of the story.</summary>
    void Say(string line);

    /// <summary>The picture now.</summary>
    void Show(PipelineStatus pipeline, VisitorCounts load);
}

/// <summary>What users of staging and prod got so far.</summary>
internal readonly record struct VisitorCounts(long Requests, long Bad)
{
    public static VisitorCounts Of(IEnumerable<LoadReport> reports)
    {
        var counts = default(VisitorCounts);
        foreach (var report in reports)
            counts = new(counts.Requests + report.Sent, counts.Bad + report.BadV1 + report.BadV2);
        return counts;
    }
}

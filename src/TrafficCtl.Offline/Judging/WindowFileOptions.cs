using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using TrafficCtl.Daemon.Config;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Offline.Judging;

/// <summary>How a window file is judged.</summary>
public sealed record WindowFileOptions
{
    /// <summary>The name of the file, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>Pass means good enough for this weight, in basis points; the declared tolerances are those of 9000 and more.</summary>
    public int NextWeight { get; init; } = Weights.Total;

    /// <summary>A sentence beside the numbers.</summary>
    public bool Explain { get; init; }

    internal Analysis Analysis { get; init; } = Analysis.Default;

    internal Weights Next => Weights.OfCandidate(NextWeight);

    /// <param name="analysisFile">As <see cref="AnalysisFile"/> reads it; null for the defaults.</param>
    public static Parsed<WindowFileOptions> Of(string name, string? analysisFile) =>
        (analysisFile is null ? new Parsed<Analysis>.Ok(Analysis.Default) : AnalysisFile.Load(analysisFile)) switch
        {
            Parsed<Analysis>.Ok(var analysis) =>
                new Parsed<WindowFileOptions>.Ok(new WindowFileOptions { Name = name, Analysis = analysis }),
            Parsed<Analysis>.Problems(var problems) => new Parsed<WindowFileOptions>.Problems(problems),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
}

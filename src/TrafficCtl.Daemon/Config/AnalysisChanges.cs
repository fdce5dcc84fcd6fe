using TrafficCtl.Core.Judging;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config;

/// <summary>What a file of tolerances says, without a word on what it leaves out.</summary>
public sealed class AnalysisChanges
{
    private readonly Value.Section? given;

    internal AnalysisChanges(Value.Section? given) => this.given = given;

    /// <summary>The analysis with what the file says; every key and metric that it leaves out stays as it is there.</summary>
    public Analysis Over(Analysis standard) => AnalysisReader.Over(standard, given);
}

using System.Collections.Immutable;
using System.Text;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Recording;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Replaying;

/// <summary>Where recorded ticks are judged: begins when the live judge began, and absorbs as it did.</summary>
/// <param name="under">
/// From a recorded analysis to the one to judge under; null for those of the record. It may have changed on the way.
/// </param>
internal sealed class Bench(Func<Analysis, Analysis>? under)
{
    private ImmutableArray<MetricTolerance> recorded = [];
    private MetricPair[] metrics = [];

    /// <summary>Null until the first beginning.</summary>
    public Judge? Judge { get; private set; }

    /// <summary>Its analysis.</summary>
    public Analysis? Analysis { get; private set; }

    /// <summary>The last analysis that the live judge had.</summary>
    public Analysis? Live { get; private set; }

    /// <exception cref="FormatException">A beginning that this build cannot read.</exception>
    public void Absorb(in RecordedTick recordedTick)
    {
        if (recordedTick.Begins is { } begins) Begin(begins, recordedTick.Tick.Stable.Layout, recordedTick.Tick.Paths);
        if (Judge is null) return;
        var tick = under is null ? recordedTick.Tick : recordedTick.Tick with { Metrics = ByName(recordedTick.Tick.Metrics) };
        switch (recordedTick.Comparison)
        {
            case Comparison.Concurrent: Judge.Observe(tick); break;
            case Comparison.HarmOnly: Judge.ObserveHarm(tick); break;
            case Comparison.Shadow: Judge.ObserveShadow(tick); break;
            case Comparison.Historical: Judge.ObserveHistorical(tick); break;
            default: throw new FormatException($"a recorded tick is compared with {recordedTick.Comparison}");
        }
    }

    private void Begin(Beginning begins, LatencyLayout layout, PathGroups? paths)
    {
        Live = ReadAnalysis(begins.Analysis);
        recorded = Live.Metrics;
        var asked = under is null ? Live : under(Live);
        // Where what changed on the way is what was asked to be otherwise, nothing changes here.
        if (under is not null && Judge is not null && begins.Cause == BeginCause.Tolerances && asked == Analysis) return;
        var baseline = Baseline.Restore(begins.Baseline.Span, layout)
            ?? throw new FormatException("the past of stable that the judge began with cannot be read by this build");
        Analysis = asked;
        Judge = new Judge(asked, baseline, paths);
    }

    private static Analysis ReadAnalysis(ReadOnlyMemory<byte> json)
    {
        try
        {
            return RolloutJson.ReadAnalysis(Encoding.UTF8.GetString(json.Span));
        }
        catch (System.Text.Json.JsonException fault)
        {
            throw new FormatException($"the recorded analysis cannot be read by this build ({fault.Message})", fault);
        }
    }

    /// <summary>The readings of the recorded metrics, in the order of the asked ones; what was not recorded is no reading.</summary>
    private MetricPair[]? ByName(MetricPair[]? pairs)
    {
        var asked = Analysis!.Metrics;
        if (asked.IsEmpty || pairs is null) return null;
        if (metrics.Length != asked.Length) metrics = new MetricPair[asked.Length];
        for (var i = 0; i < metrics.Length; i++)
        {
            var at = -1;
            for (var j = 0; j < recorded.Length && j < pairs.Length; j++)
                if (recorded[j].Name == asked[i].Name) at = j;
            metrics[i] = at < 0 ? new MetricPair(double.NaN, double.NaN) : pairs[at];
        }

        return metrics;
    }
}

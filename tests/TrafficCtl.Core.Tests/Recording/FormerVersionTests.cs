using System.Globalization;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Recording;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Core.Tests.Recording;

/// <summary>What the version before wrote, in which requests that were abandoned are only a number of client aborts.</summary>
public class FormerVersionTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Recording", "Version2");

    private static readonly string[] Known = File.ReadAllLines(Path.Combine(Folder, "verdict.txt"));

    [Fact]
    public void A_recording_is_judged_again_to_the_same_result()
    {
        var reader = TickReader.Open(File.ReadAllBytes(Path.Combine(Folder, "ticks.bin")))!;
        Judge? judge = null;
        while (reader.TryNext(out var recorded))
        {
            if (recorded.Begins is { } begins) judge = new Judge(Analysis.Default, Baseline.Restore(begins.Baseline.Span)!);
            judge!.Observe(recorded.Tick);
        }

        Assert.Equal(40, reader.Count);
        Same(judge!);
    }

    [Fact]
    public void Saved_evidence_goes_on()
    {
        var judge = Judge.Restore(File.ReadAllBytes(Path.Combine(Folder, "judge.bin")), Analysis.Default);
        Assert.NotNull(judge);
        Same(judge);
    }

    private static void Same(Judge judge)
    {
        var decided = judge.Decide(Weights.AllCandidate);
        Assert.Equal(Known[0], decided.Verdict.ToString());
        Assert.Equal(double.Parse(Known[1], CultureInfo.InvariantCulture), decided.Evidence, 6);
        Assert.Equal(Known[2], decided.Reason);
        Assert.Equal(Known[3..], decided.Findings.Select(f => f.Text));
    }
}

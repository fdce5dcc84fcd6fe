using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Judging.Sequential;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>The traffic signal: does the candidate get the share that it was given? If not, no comparison can be trusted.</summary>
/// <remarks>
/// Statistics 3.7 (1). Users stay in their arm, so sessions are counted where they are known; requests only where each
/// is assigned by itself. Elsewhere there is nothing to test. A user who changes arm is a new one there, so sessions
/// are left out until every user of before a change of weight has come again or is forgotten.
/// </remarks>
internal sealed class TrafficShare
{
    private readonly SampleRatio ratio = new();
    private const double SettleSeconds = 600;

    private bool countsSessions;
    private double weight = double.NaN;
    private double settled;

    /// <summary>The analysis is invalid: routing is not what it should be, or a part of the measurements is lost.</summary>
    public bool IsInvalid => ratio.IsInvalid;

    public void Observe(in Tick tick, in Look look)
    {
        var sessions = (Candidate: tick.CandidateFlow.Sessions, Stable: tick.StableFlow.Sessions);
        if (tick.IsSplitGuessed) return;
        countsSessions |= sessions.Candidate + sessions.Stable > 0;
        if (look.CandidateWeight != weight) (weight, settled) = (look.CandidateWeight, 0);
        settled += look.Seconds;
        if (countsSessions && settled <= SettleSeconds) return;
        if (countsSessions) ratio.Step(sessions.Candidate, sessions.Stable, look.CandidateWeight, 1, look.Share);
        else if (tick.AssignsRequests)
            ratio.Step(Assigned(tick.Candidate), Assigned(tick.Stable), look.CandidateWeight, look.Floors.Harm, look.Share);
    }

    /// <summary>What a client abandons was assigned all the same.</summary>
    private static long Assigned(Counts counts) => counts.Requests + counts.AbandonedTotal;

    public string Text =>
        $"the candidate got {NumberText.Percent(ratio.Candidate / ratio.All)} of {NumberText.Count(ratio.All)} "
            + $"{(countsSessions ? "user sessions" : "requests")} "
        + $"where {NumberText.Percent(ratio.Due / ratio.All)} were due; evidence {NumberText.LogEvidence(ratio.LogE)} of "
        + $"{NumberText.Count(SampleRatio.Bound)}";

    /// <summary>Null while nothing was tested.</summary>
    public Finding? Find()
    {
        if (!(ratio.All > 0)) return null;
        var (stable, candidate) = (new Sample(ratio.All - ratio.Candidate, ratio.All), new Sample(ratio.Candidate, ratio.All));
        return new Finding(
            "traffic", IsInvalid ? Verdict.Unsure : Verdict.Pass, ratio.Ratio, double.NaN, double.NaN, ratio.LogE,
            Math.Log(SampleRatio.Bound),
            stable, candidate, Text);
    }

    public void Save(StateWriter to)
    {
        to.Count(countsSessions ? 1 : 0);
        to.Doubles([weight, settled]);
        ratio.Save(to);
    }

    public void Load(ref StateReader from)
    {
        countsSessions = from.Index(2) == 1;
        (weight, settled) = (from.Double(), from.Double());
        ratio.Load(ref from);
    }
}

using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Replaying;

/// <summary>Compares the judgements that decisions were saved with to those of the replay, to the last bit.</summary>
internal sealed class Journal(Plan plan)
{
    public int Judgements { get; private set; }

    public int Differing { get; private set; }

    public void Check(CourseEvent decision, Walk live)
    {
        if (decision.Judgement is not { } saved) return;
        Judgements++;
        var again = live.Bench.Judge?.Decide(Exposures.Next(plan, live.Phase));
        if (again is null || !Same(saved, again)) Differing++;
    }

    private static bool Same(Judgement saved, Judgement again)
    {
        if (saved.Verdict != again.Verdict
            || saved.Blame != again.Blame
            || !Same(saved.Evidence, again.Evidence)
            || saved.Findings.Length != again.Findings.Length)
            return false;
        for (var i = 0; i < saved.Findings.Length; i++)
        {
            var (was, now) = (saved.Findings[i], again.Findings[i]);
            if (was.Signal != now.Signal || was.Verdict != now.Verdict || was.Stable != now.Stable || was.Candidate != now.Candidate)
                return false;
            if (!Same(was.Estimate, now.Estimate)
                || !Same(was.Low, now.Low)
                || !Same(was.High, now.High)
                || !Same(was.Evidence, now.Evidence))
                return false;
        }

        return true;
    }

    private static bool Same(double left, double right) => left.Equals(right);
}

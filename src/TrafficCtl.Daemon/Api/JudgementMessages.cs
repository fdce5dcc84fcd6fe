using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>A judgement with its findings as a message: evidence and bounds are logarithms everywhere outside the judge.</summary>
internal static class JudgementMessages
{
    public static Judgement Of(Core.Judging.Judgement judgement)
    {
        var message = new Judgement
        {
            Verdict = Word(judgement.Verdict),
            Evidence = Math.Log(judgement.Evidence),
            Bound = Math.Log(judgement.Bound),
            Blame = judgement.Blame ?? "",
            Reason = judgement.Reason,
        };
        message.Findings.AddRange(judgement.Findings.Select(Of));
        return message;
    }

    private static Finding Of(Core.Judging.Finding finding) => new()
    {
        Signal = finding.Signal,
        Verdict = Word(finding.Verdict),
        Estimate = finding.Estimate,
        Low = finding.Low,
        High = finding.High,
        Evidence = finding.Evidence,
        Bound = finding.Bound,
        Stable = new Sample { Events = finding.Stable.Events, Requests = finding.Stable.Requests },
        Candidate = new Sample { Events = finding.Candidate.Events, Requests = finding.Candidate.Requests },
        Text = finding.Text,
    };

    private static string Word(Core.Judging.Verdict verdict) => verdict switch
    {
        Core.Judging.Verdict.Pass => "pass",
        Core.Judging.Verdict.Fail => "fail",
        _ => "unsure",
    };
}

namespace TrafficCtl.Core.Judging;

/// <summary>What the evidence says. Unknown is never a pass and never a failure.</summary>
public enum Verdict
{
    Unsure,
    Pass,
    Fail,
}

using TrafficCtl.Core.Signals;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <param name="Requests">Counted requests.</param>
/// <param name="Failures">Without a cap per user.</param>
internal readonly record struct ArmTotals(long Requests, long Failures)
{
    public static ArmTotals Of(Counts counts) => new(counts.Requests, counts.Failures);

    public static ArmTotals operator +(ArmTotals left, ArmTotals right) =>
        new(left.Requests + right.Requests, left.Failures + right.Failures);

    public static ArmTotals operator -(ArmTotals left, ArmTotals right) =>
        new(left.Requests - right.Requests, left.Failures - right.Failures);
}

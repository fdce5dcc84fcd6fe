namespace TrafficCtl.Core.Gates;

/// <summary>One person's word on a gate: accepted once, for one gate of one rollout.</summary>
/// <param name="Wish">The id of the wish that it was made by; no other approval rests on the same.</param>
/// <param name="Who">The approver, as verified.</param>
/// <param name="At">When it was given.</param>
/// <param name="IsRejection">The person says no.</param>
/// <param name="Reason">In the person's words; may be empty.</param>
public sealed record Approval(long Wish, string Who, DateTimeOffset At, bool IsRejection = false, string Reason = "");

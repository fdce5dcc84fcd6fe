namespace TrafficCtl.Core.Promotion.Facts;

/// <summary>Where a fact comes from.</summary>
/// <param name="Sequence">Rising by at least 1 within a service; 0 before it is recorded.</param>
/// <param name="At">The time of the round that recorded it.</param>
/// <param name="Who">A person, a rollout, or <see cref="Engine"/>.</param>
/// <param name="Why">In words.</param>
public readonly record struct FactStamp(long Sequence, DateTimeOffset At, string Who, string Why)
{
    /// <summary>Who derives facts from facts.</summary>
    public const string Engine = "promotion";
}

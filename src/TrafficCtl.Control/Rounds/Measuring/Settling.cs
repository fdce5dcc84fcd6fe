namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>
/// Readings that lag behind go on telling of the old split for a while, and then of a mixture: which windows are of which.
/// </summary>
internal sealed class Settling
{
    private DateTimeOffset? changedAt;
    private DateTimeOffset settledAt;

    /// <summary>
    /// The split changed, or was confirmed, at that instant; the first one that the readings have not reached counts as the end
    /// of the old one.
    /// </summary>
    public void Changed(DateTimeOffset at, TimeSpan settle)
    {
        if (changedAt is null || at < changedAt) changedAt = at;
        if (at + settle > settledAt) settledAt = at + settle;
    }

    /// <summary>The time of day was set by so much: what is to come is stamped by the new one.</summary>
    public void Shift(TimeSpan by)
    {
        changedAt += by;
        if (settledAt != default) settledAt += by;
    }

    /// <summary>A window that ends there is of the old split alone.</summary>
    public bool IsBefore(DateTimeOffset at) => changedAt is { } change && at <= change;

    /// <summary>The readings are past the change.</summary>
    public void Reached() => changedAt = null;

    /// <summary>A window that begins there is of the new split alone.</summary>
    public bool IsOver(DateTimeOffset at) => changedAt is null && at >= settledAt;
}

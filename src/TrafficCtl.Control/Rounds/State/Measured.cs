namespace TrafficCtl.Control.Rounds.State;

/// <summary>What became of the last reading of a target's counters.</summary>
/// <param name="IsRead">There is a reading, whatever may be wrong with it.</param>
/// <param name="Trouble">What is wrong with the measurements, for a person; null when nothing is.</param>
/// <param name="Unmeasured">Why nothing is measured now; null when the reading is fresh.</param>
internal sealed record Measured(bool IsRead, string? Trouble, string? Unmeasured)
{
    /// <summary>Nothing was read yet.</summary>
    public static readonly Measured Nothing = new(false, null, null);

    /// <summary>A fresh reading without trouble.</summary>
    public static readonly Measured Fresh = new(true, null, null);

    /// <summary>This, or the one before where it says the same.</summary>
    public Measured Or(Measured before) => this == before ? before : this;
}

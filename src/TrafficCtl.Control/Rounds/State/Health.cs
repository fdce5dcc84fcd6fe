namespace TrafficCtl.Control.Rounds.State;

/// <summary>Whether the last rounds of one target failed.</summary>
/// <param name="Faults">Number of consecutive rounds that failed; 0 when the last one succeeded.</param>
/// <param name="Words">Message of the last fault; null when the last round succeeded.</param>
internal sealed record Health(int Faults, string? Words)
{
    public static readonly Health Good = new(0, null);

    public Health After(Exception fault) => new(Faults + 1, fault.Message);
}

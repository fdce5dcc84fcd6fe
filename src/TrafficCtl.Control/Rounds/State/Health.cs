namespace TrafficCtl.Control.Rounds.State;

/// <summary>How the rounds of one target end.</summary>
/// <param name="Faults">Faults inside, one after the other; 0 when the last round went well.</param>
/// <param name="Words">Of the last fault; null without one.</param>
internal sealed record Health(int Faults, string? Words)
{
    public static readonly Health Good = new(0, null);

    public Health After(Exception fault) => new(Faults + 1, fault.Message);
}

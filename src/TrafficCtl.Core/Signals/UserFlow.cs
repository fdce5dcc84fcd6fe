namespace TrafficCtl.Core.Signals;

/// <summary>Users of one arm as events: cumulative in a <see cref="Reading"/>, of the window in a <see cref="Tick"/>.</summary>
/// <param name="Sessions">Users that were seen for the first time in ten minutes.</param>
/// <param name="Broken">Users that reached their third error.</param>
public readonly record struct UserFlow(long Sessions, long Broken)
{
    public static UserFlow operator +(UserFlow a, UserFlow b) => new(a.Sessions + b.Sessions, a.Broken + b.Broken);

    public static UserFlow operator -(UserFlow a, UserFlow b) => new(a.Sessions - b.Sessions, a.Broken - b.Broken);
}

namespace TrafficCtl.Core.Signals;

/// <summary>Users of one arm as events: cumulative in a <see cref="Reading"/>, of the window in a <see cref="Tick"/>.</summary>
/// <param name="Sessions">Users that were seen for the first time in ten minutes.</param>
/// <param name="Broken">Users that reached their third error.</param>
/// <param name="Active">Users with a request in the window; 0 where that is not followed.</param>
/// <param name="RequestSquares">Σr² over those, r a user's requests in the window.</param>
public readonly record struct UserFlow(long Sessions, long Broken, long Active = 0, long RequestSquares = 0)
{
    internal bool HasSessions => Sessions != 0 || Broken != 0;

    internal bool HasActivity => Active != 0 || RequestSquares != 0;

    public static UserFlow operator +(UserFlow a, UserFlow b) =>
        new(a.Sessions + b.Sessions, a.Broken + b.Broken, a.Active + b.Active, a.RequestSquares + b.RequestSquares);

    public static UserFlow operator -(UserFlow a, UserFlow b) =>
        new(a.Sessions - b.Sessions, a.Broken - b.Broken, a.Active - b.Active, a.RequestSquares - b.RequestSquares);
}

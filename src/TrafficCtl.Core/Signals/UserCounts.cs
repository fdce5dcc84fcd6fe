namespace TrafficCtl.Core.Signals;

/// <summary>What the table of users says now: users of the last ten minutes and their errors, capped at 3 a user.</summary>
/// <param name="Users">Distinct users seen.</param>
/// <param name="Errors">Σẽ over users.</param>
/// <param name="SquaredErrors">Σẽ² over users.</param>
/// <param name="Failing">Users with at least one error.</param>
/// <param name="Broken">Users with three errors or more.</param>
/// <param name="Known">Users that were identified; the rest are requests that count as their own user.</param>
/// <param name="IsFull">The table could not hold all users: the users signal is unsure and φ_floor 30 applies.</param>
public readonly record struct UserCounts(
    long Users, long Errors, long SquaredErrors, long Failing, long Broken, long Known, bool IsFull)
{
    /// <summary>Σẽ²/Σẽ, the clump size of errors; 1 when there are none.</summary>
    public double Clump => Errors > 0 ? Math.Max(1, SquaredErrors / (double)Errors) : 1;

    /// <summary>Σẽ over users of client errors, at most three a user.</summary>
    public long ClientErrors { get; init; }

    /// <summary>Σẽ² over users of the same.</summary>
    public long SquaredClientErrors { get; init; }

    /// <summary>Users with at least one client error.</summary>
    public long ClientFailing { get; init; }

    /// <summary>The clump size of client errors; 1 when there are none.</summary>
    public double ClientClump => ClientErrors > 0 ? Math.Max(1, SquaredClientErrors / (double)ClientErrors) : 1;

    internal bool HasClientErrors => ClientErrors != 0 || SquaredClientErrors != 0 || ClientFailing != 0;

    public static UserCounts operator +(UserCounts a, UserCounts b) => Add(a, b);

    public static UserCounts Add(UserCounts a, UserCounts b) => new(
        a.Users + b.Users, a.Errors + b.Errors, a.SquaredErrors + b.SquaredErrors, a.Failing + b.Failing,
        a.Broken + b.Broken, a.Known + b.Known, a.IsFull || b.IsFull)
    {
        ClientErrors = a.ClientErrors + b.ClientErrors,
        SquaredClientErrors = a.SquaredClientErrors + b.SquaredClientErrors,
        ClientFailing = a.ClientFailing + b.ClientFailing,
    };
}

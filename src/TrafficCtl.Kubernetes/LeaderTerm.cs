namespace TrafficCtl.Kubernetes;

/// <summary>
/// One leadership term: a later leader has a higher one. Written with each decision, so that a leader who was replaced without knowing it
/// cannot overwrite one.
/// </summary>
/// <param name="LeaseMadeAt">The Lease's creationTimestamp: a Lease that was deleted and made anew counts its holders from 0 again.</param>
/// <param name="Transitions">The Lease's <c>leaseTransitions</c> under this leader.</param>
public readonly record struct LeaderTerm(DateTimeOffset LeaseMadeAt, long Transitions) : IComparable<LeaderTerm>
{
    /// <summary>Where no Lease is used: one process, and no check.</summary>
    public static readonly LeaderTerm None;

    public int CompareTo(LeaderTerm other)
    {
        var byLease = LeaseMadeAt.CompareTo(other.LeaseMadeAt);
        return byLease != 0 ? byLease : Transitions.CompareTo(other.Transitions);
    }

    public override string ToString() => $"{Transitions} of the Lease of {LeaseMadeAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}";

    public static bool operator <(LeaderTerm left, LeaderTerm right) => left.CompareTo(right) < 0;
    public static bool operator >(LeaderTerm left, LeaderTerm right) => left.CompareTo(right) > 0;
    public static bool operator <=(LeaderTerm left, LeaderTerm right) => left.CompareTo(right) <= 0;
    public static bool operator >=(LeaderTerm left, LeaderTerm right) => left.CompareTo(right) >= 0;
}

/// <summary>Under which term this process is the leader.</summary>
public interface ILeaderTerm
{
    /// <summary>Null while it does not lead.</summary>
    LeaderTerm? Current { get; }
}

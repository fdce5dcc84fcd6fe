namespace TrafficCtl.Core.Signals;

/// <summary>
/// The user of the candidate that fails most, or meets most client errors, beyond its rate on stable, in the last five to ten minutes.
/// </summary>
/// <param name="Hash">The hash of the user's key; it tells users apart, and names none. 0 where it is not known.</param>
/// <param name="Requests">Its requests on the candidate.</param>
/// <param name="Errors">Failed ones of them, or client errors, all of them counted.</param>
/// <param name="Of">All requests of the candidate; 0 where users are not followed.</param>
/// <param name="StableRequests">Its requests on stable, as far as they are remembered.</param>
/// <param name="StableErrors">The same of them.</param>
public readonly record struct TopUser(uint Hash, long Requests, long Errors, long Of, long StableRequests, long StableErrors)
{
    public bool IsKnown => Of > 0;
}

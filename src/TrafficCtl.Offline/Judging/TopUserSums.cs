using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>
/// The windows' numbers of the candidate's user with most failures or client errors, summed over the last five to ten minutes of a trace.
/// </summary>
internal sealed class TopUserSums
{
    private const double EpochSeconds = 300;

    private TopUser older, newer;
    private double since = double.NaN;

    public void Clear() => (older, newer, since) = (default, default, double.NaN);

    /// <summary>Absorbs a window of both arms; a trace that tells nothing of such a user has none.</summary>
    /// <param name="tick">The tick of both arms.</param>
    /// <param name="candidate">What the user did in the window on the candidate.</param>
    /// <param name="stable">The same on stable.</param>
    public TopUser Absorb(TickSlot tick, TopWindow candidate, TopWindow stable)
    {
        if (double.IsNaN(since)) since = tick.T - tick.Seconds;
        if (tick.T - since > EpochSeconds) (older, newer, since) = (newer, default, tick.T - tick.Seconds);
        if (candidate.Requests >= 0)
        {
            newer = newer with
            {
                Requests = newer.Requests + candidate.Requests,
                Errors = newer.Errors + candidate.Errors,
                Of = newer.Of + tick.Candidate.Requests,
            };
        }

        if (stable.Requests >= 0)
        {
            newer = newer with
            {
                StableRequests = newer.StableRequests + stable.Requests,
                StableErrors = newer.StableErrors + stable.Errors,
            };
        }

        return new TopUser(
            0, older.Requests + newer.Requests, older.Errors + newer.Errors, older.Of + newer.Of,
            older.StableRequests + newer.StableRequests, older.StableErrors + newer.StableErrors);
    }
}

using TrafficCtl.Core.Signals;

namespace TrafficCtl.Offline.Judging;

/// <summary>The windows' numbers of the candidate's user with most failures, summed over the last five to ten minutes of a trace.</summary>
internal sealed class TopUserSums
{
    private const double EpochSeconds = 300;

    private TopUser older, newer;
    private double since = double.NaN;

    public void Clear() => (older, newer, since) = (default, default, double.NaN);

    /// <summary>Absorbs a window of both arms; a trace that tells nothing of such a user has none.</summary>
    public TopUser Absorb(TickSlot tick)
    {
        if (double.IsNaN(since)) since = tick.T - tick.Seconds;
        if (tick.T - since > EpochSeconds) (older, newer, since) = (newer, default, tick.T - tick.Seconds);
        if (tick.TopRequests >= 0)
        {
            newer = newer with
            {
                Requests = newer.Requests + tick.TopRequests,
                Errors = newer.Errors + tick.TopErrors,
                Of = newer.Of + tick.Candidate.Requests,
            };
        }

        if (tick.StableTopRequests >= 0)
        {
            newer = newer with
            {
                StableRequests = newer.StableRequests + tick.StableTopRequests,
                StableErrors = newer.StableErrors + tick.StableTopErrors,
            };
        }

        return new TopUser(
            0, older.Requests + newer.Requests, older.Errors + newer.Errors, older.Of + newer.Of,
            older.StableRequests + newer.StableRequests, older.StableErrors + newer.StableErrors);
    }
}

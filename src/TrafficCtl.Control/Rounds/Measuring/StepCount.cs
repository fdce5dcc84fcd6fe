using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Rounds.Measuring;

/// <summary>What the candidate served since the present step's weight was in force.</summary>
internal sealed class StepCount
{
    /// <summary>The counter's value where this life's part of the step begins; negative before it is known.</summary>
    private long from;

    /// <summary>-1 while no step's weight is in force.</summary>
    public int Step { get; private set; } = -1;

    /// <summary>Counted requests of the step in earlier lives of the counters.</summary>
    public long Carried { get; private set; }

    public long Requests { get; private set; }

    public long Users { get; private set; }

    /// <summary>Where the counter stands, for a checkpoint; -1 when it is not known.</summary>
    public long At => from < 0 ? -1 : from + Requests - Carried;

    /// <summary>What the step has shown; nothing when another one is measured.</summary>
    public StepEvidence EvidenceOf(int step) => Step < 0 || Step != step ? default : new StepEvidence(Requests, Users);

    public void Forget() => (Step, Carried, from, Requests, Users) = (-1, 0, 0, 0, 0);

    /// <summary>A step's evidence is its own. Its base is the first reading while its weight is in force.</summary>
    public void Enter(int step) => (Step, Carried, from, Requests, Users) = (step, 0, -1, 0, 0);

    /// <summary>As a checkpoint told.</summary>
    public void Restore(int step, long requests, long users) => (Step, Requests, Users, Carried) = (step, requests, users, requests);

    /// <summary>What was saved counted up to there; the counter goes on from the same place, or from 0.</summary>
    public void Resume(long at) => from = at;

    /// <summary>The counters began anew.</summary>
    public void BeginLife() => (Carried, from) = (Requests, 0);

    /// <param name="requests">The candidate's requests, as they are counted now.</param>
    /// <param name="users">The candidate's users in the last ten minutes.</param>
    /// <returns>Whether the evidence of the step grew.</returns>
    public bool Count(long requests, long users)
    {
        if (Step < 0) return false;
        if (from < 0) from = requests;
        var counted = Carried + requests - from;
        if (counted == Requests) return false;
        Requests = counted;
        // The table holds ten minutes of users, those of the step before too: no more users than requests.
        Users = Math.Max(Users, Math.Min(users, counted));
        return true;
    }
}

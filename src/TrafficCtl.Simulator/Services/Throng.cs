using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Chances;

namespace TrafficCtl.Simulator.Services;

/// <summary>The users of a <see cref="Crowd"/> who are there now: who is on which arm, and what the proxy's table says of them.</summary>
/// <remarks>
/// Good users are counted by the tick in which their session began, bad ones kept one by one. A failure of a good user is taken
/// as that user's only one: of users with 30 requests at 0.1 %, 1.5 % of those that fail at all do so twice.
/// </remarks>
internal sealed class Throng
{
    /// <summary>The proxy's table finds no place for some users from here on.</summary>
    public const long MostUsers = 59_000;

    private const int ExpirySeconds = 600, MaxErrors = 3;

    private readonly Crowd crowd;
    private readonly Chance chance;
    private readonly double seconds;
    private readonly int session, expiry;
    private readonly List<BadUser> bad = [];
    private int tick;
    private double share;

    /// <param name="crowd">Who comes.</param>
    /// <param name="chance">For all that happens here.</param>
    /// <param name="seconds">The length of every tick.</param>
    public Throng(Crowd crowd, Chance chance, double seconds)
    {
        (this.crowd, this.chance, this.seconds) = (crowd, chance, seconds);
        (session, expiry) = ((int)Math.Round(crowd.SessionSeconds / seconds), (int)Math.Round(ExpirySeconds / seconds));
        (Stable, Candidate) = (new Side(expiry), new Side(expiry));
    }

    public Side Stable { get; }

    public Side Candidate { get; }

    /// <summary>A tick in which users come for this many requests a second, and the candidate has this share of them.</summary>
    public void Advance(double requestsPerSecond, double candidateShare)
    {
        tick++;
        var asking = 1 - Math.Exp(-crowd.RequestsPerSecond * seconds);
        Stable.Begin(tick, session, chance, asking);
        Candidate.Begin(tick, session, chance, asking);
        bad.RemoveAll(u => tick - u.Born >= session + expiry);
        if (candidateShare != share) Move(candidateShare);

        var coming = requestsPerSecond / (crowd.RequestsPerSecond * crowd.SessionSeconds) * seconds;
        Stable.Come(chance.Poisson(coming * (1 - crowd.Bad) * (1 - share)));
        Candidate.Come(chance.Poisson(coming * (1 - crowd.Bad) * share));
        for (var i = chance.Poisson(coming * crowd.Bad); i > 0; i--) bad.Add(new BadUser(chance.Uniform(), tick));
        foreach (var user in bad) Ask(user);
    }

    /// <summary>One arm's users after a tick whose general traffic had this many failures.</summary>
    public UserCounts Count(Side side, long failures)
    {
        side.Fail(failures);
        long errors = side.Failed, squares = side.Failed, failing = side.Failed, broken = 0;
        foreach (var user in bad)
        {
            var entry = side == Candidate ? user.OnCandidate : user.OnStable;
            if (entry.Errors == 0 || tick - entry.Since >= expiry) continue;
            errors += entry.Errors;
            squares += entry.Errors * entry.Errors;
            failing++;
            if (entry.Errors == MaxErrors) broken++;
        }

        return new UserCounts(side.Seen, errors, squares, failing, broken, side.Seen, side.Seen > MostUsers);
    }

    /// <summary>Who was in stays in; of the others just enough change over.</summary>
    private void Move(double to)
    {
        if (to > share) Stable.Give(Candidate, chance, session, (to - share) / (1 - share));
        else Candidate.Give(Stable, chance, session, (share - to) / share);
        share = to;
    }

    private void Ask(BadUser user)
    {
        if (tick - user.Born >= session) return;
        var isCandidate = user.Bucket < share;
        var side = isCandidate ? Candidate : Stable;
        // A session begins with a request, half a tick before the tick's end on average.
        var requests = tick == user.Born
            ? 1 + chance.Poisson(crowd.RequestsPerSecond * seconds / 2)
            : chance.Poisson(crowd.RequestsPerSecond * seconds);
        ref var entry = ref isCandidate ? ref user.OnCandidate : ref user.OnStable;
        if (requests > 0 && (entry.Since == 0 || tick - entry.Since >= expiry))
        {
            entry = new Entry(tick, 0);
            side.Meet();
        }

        if (!isCandidate && !crowd.BadOnStableToo)
        {
            side.ActiveBad++;
            return;
        }

        var counted = (int)Math.Min(requests, MaxErrors - entry.Errors);
        side.BadRequests += requests;
        side.BadCounted += counted;
        entry = entry with { Errors = entry.Errors + counted };
        if (counted > 0 && entry.Errors == MaxErrors) side.Broken++;
    }

    /// <summary>One arm's users.</summary>
    internal sealed class Side(int expiry)
    {
        private readonly long[] good = new long[expiry], seen = new long[expiry], failed = new long[expiry];
        private int slot;
        private long unmet;

        /// <summary>Good users in session.</summary>
        public long Active { get; private set; }

        /// <summary>Bad users in session for whom this version works.</summary>
        public long ActiveBad { get; set; }

        /// <summary>Requests of bad users in this tick, all of which fail, and how many of them count under the cap.</summary>
        public long BadRequests { get; set; }

        public long BadCounted { get; set; }

        /// <summary>Users in the table.</summary>
        public long Seen { get; private set; }

        /// <summary>Good users in the table with a failure.</summary>
        public long Failed { get; private set; }

        /// <summary>Users who reached their last counted error in this tick.</summary>
        public long Broken { get; set; }

        public UserFlow Flow => new(seen[slot], Broken);

        /// <param name="tick">The running one.</param>
        /// <param name="session">Ticks of a session.</param>
        /// <param name="chance">For who asks.</param>
        /// <param name="asking">The probability that a user in session makes a request within a tick.</param>
        public void Begin(int tick, int session, Chance chance, double asking)
        {
            slot = tick % expiry;
            (Seen, Failed) = (Seen - seen[slot], Failed - failed[slot]);
            (good[slot], seen[slot], failed[slot]) = (0, 0, 0);
            Active -= good[(tick + expiry - session) % expiry];
            (ActiveBad, BadRequests, BadCounted, Broken) = (0, 0, 0, 0);
            var met = chance.Binomial(unmet, asking);
            unmet -= met;
            Meet(met);
        }

        public void Come(long users)
        {
            good[slot] += users;
            Active += users;
            Meet(users);
        }

        /// <summary>The table sees users for the first time in its ten minutes.</summary>
        public void Meet(long users = 1)
        {
            seen[slot] += users;
            Seen += users;
        }

        public void Fail(long users)
        {
            failed[slot] += users;
            Failed += users;
        }

        /// <summary>
        /// Each user in session changes to the other arm with this probability; the table there meets them with their next request.
        /// </summary>
        public void Give(Side other, Chance chance, int session, double probability)
        {
            for (var age = 0; age < session; age++)
            {
                var at = (slot + expiry - age) % expiry;
                var moved = chance.Binomial(good[at], probability);
                good[at] -= moved;
                other.good[at] += moved;
                (Active, other.Active) = (Active - moved, other.Active + moved);
                other.unmet += moved;
            }
        }
    }

    private readonly record struct Entry(int Since, int Errors);

    /// <summary>Every request fails where the crowd says so. In the candidate's arm while its share is above the bucket.</summary>
    private sealed class BadUser(double bucket, int born)
    {
        public double Bucket => bucket;

        public int Born => born;

        public Entry OnStable;
        public Entry OnCandidate;
    }
}

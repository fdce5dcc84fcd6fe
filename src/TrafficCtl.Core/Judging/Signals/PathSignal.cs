using System.Numerics;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging.Signals;

/// <summary>
/// One comparison in every route group: harm only, so that a version that breaks one route is found and the route is named.
/// </summary>
/// <remarks>
/// E is the mean of the groups' e-values: an average of e-processes is one, under any dependence, so all routes together cost the
/// family no more than one signal. The evidence of a group of whose users fewer than three are worse counts as at most 1.
/// </remarks>
internal abstract class PathSignal : Signal
{
    protected const double Rho = 2;

    private readonly Signal whole;
    private readonly double[] logs;
    private readonly long[] users;
    private double logE;

    /// <param name="name">As findings name it.</param>
    /// <param name="isCritical">It can roll back; otherwise it can only hold.</param>
    /// <param name="weight">v, of all groups together.</param>
    /// <param name="groups">The groups of the rollout.</param>
    /// <param name="whole">The same comparison of all requests, which knows what stable's own instances earn.</param>
    /// <param name="make">The process of one group without evidence.</param>
    protected PathSignal(string name, bool isCritical, double weight, PathGroups groups, Signal whole, Func<PathProcess> make)
        : base(name, isCritical, weight)
    {
        (Groups, this.whole) = (groups, whole);
        Processes = [.. Enumerable.Range(0, groups.Count).Select(_ => make())];
        (logs, users) = (new double[groups.Count], new long[groups.Count]);
    }

    public PathGroups Groups { get; }

    /// <summary>One for each group.</summary>
    public PathProcess[] Processes { get; }

    /// <summary>ln of the mean of the groups' e-values.</summary>
    public override double HarmLogE => logE;

    public override double PlaceboLogE => whole.PlaceboLogE;

    public override bool IsNoise => whole.IsNoise;

    /// <summary>The group with most evidence.</summary>
    public int Worst
    {
        get
        {
            var worst = 0;
            for (var i = 1; i < logs.Length; i++)
                if (logs[i] > logs[worst]) worst = i;
            return worst;
        }
    }

    /// <summary>ln of a group's e-value, as it counts.</summary>
    public double LogEOf(int group) => logs[group];

    public override void Learn(in Tick tick)
    {
        if (!IsMeasured(tick)) return;
        for (var i = 0; i < Processes.Length; i++) Learn(i, tick.Candidate.Paths!, tick.Stable.Paths!, tick.Seconds);
    }

    public override void Observe(in Tick tick, Baseline past, in Look look)
    {
        if (!IsMeasured(tick)) return;
        var (candidate, stable, fade, warm) = (tick.Candidate.Paths!, tick.Stable.Paths!, PathProcess.FadeOf(look.Seconds), IsWarm(look));
        for (var i = 0; i < Processes.Length; i++)
        {
            users[i] |= UsersOf(candidate, i);
            if (warm) Step(i, candidate, stable, fade, look);
            else Learn(i, candidate, stable, look.Seconds);
        }

        Conclude();
    }

    public override Finding? Find(Evidence evidence, int margin)
    {
        var worst = Worst;
        var proof = Proof.Of(evidence, this, margin);
        var (stable, candidate) = ErrorSignal.Samples(Processes[worst].Seen);
        var few = IsOfFew(worst) && Processes[worst].LogE > 0 ? $", of fewer than {Evidence.LeastUsers} users" : "";
        var text = $"of {Processes.Length} routes most evidence is on {WordsOf(worst)}{few}; {proof.Text(null)}";
        var ratio = stable.Rate > 0 ? candidate.Rate / stable.Rate : double.NaN;
        return new Finding(Name, proof.Verdict, ratio, double.NaN, double.NaN, proof.LogE, proof.Bound, stable, candidate, text);
    }

    /// <summary>The signal of all requests is worse for what this one counts by route.</summary>
    public abstract bool Explains(Signal worse);

    /// <summary>
    /// The one group that most of what the candidate has too much is in, although most of its requests are in others; null without one.
    /// </summary>
    public int? Concentration
    {
        get
        {
            var (requests, all, most, at) = (0.0, 0.0, 0.0, -1);
            for (var i = 0; i < Processes.Length; i++)
            {
                var seen = Processes[i].Seen;
                var due = seen.StableN > 0 ? seen.CandidateN * seen.StableX / seen.StableN : 0;
                var excess = Math.Max(0, seen.CandidateX - due);
                (requests, all) = (requests + seen.CandidateN, all + excess);
                if (excess > most) (most, at) = (excess, i);
            }

            if (most < Evidence.LeastUsers || most < all / 2 || at == Groups.Rest) return null;
            return Processes[at].Seen.CandidateN <= requests / 2 ? at : null;
        }
    }

    /// <summary>The group's name and what was seen in it.</summary>
    public string WordsOf(int group) => $"{Groups.NameOf(group)}: {Compared(group)}";

    /// <summary>What was compared in a group, with its numbers.</summary>
    protected abstract string Compared(int group);

    protected abstract bool IsWarm(in Look look);

    /// <summary>Which of the candidate's users were worse, as bits by hash.</summary>
    protected abstract long UsersOf(PathCounts candidate, int group);

    protected abstract void Step(int group, PathCounts candidate, PathCounts stable, double fade, in Look look);

    protected abstract void Learn(int group, PathCounts candidate, PathCounts stable, double seconds);

    private bool IsMeasured(in Tick tick) =>
        Groups.Equals(tick.Paths) && tick.Candidate.Paths?.Groups == Processes.Length && tick.Stable.Paths?.Groups == Processes.Length;

    private bool IsOfFew(int group) => BitOperations.PopCount((ulong)users[group]) < Evidence.LeastUsers;

    private void Conclude()
    {
        for (var i = 0; i < logs.Length; i++) logs[i] = IsOfFew(i) ? Math.Min(0, Processes[i].LogE) : Processes[i].LogE;
        logE = Weighting.LogSum(logs) - Math.Log(logs.Length);
    }

    /// <summary>Cuts counts that cannot be to what can.</summary>
    protected static PairCounts Pair(long candidateN, long candidateX, long stableN, long stableX)
    {
        (candidateN, stableN) = (Math.Max(0, candidateN), Math.Max(0, stableN));
        return new PairCounts(candidateN, Math.Clamp(candidateX, 0, candidateN), stableN, Math.Clamp(stableX, 0, stableN));
    }

    public override void Save(StateWriter to)
    {
        for (var i = 0; i < Processes.Length; i++)
        {
            Processes[i].Save(to);
            to.Count(users[i]);
        }
    }

    public override void Load(ref StateReader from)
    {
        for (var i = 0; i < Processes.Length; i++)
        {
            Processes[i].Load(ref from);
            users[i] = from.Count();
        }

        Conclude();
    }
}

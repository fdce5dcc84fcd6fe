using MathNet.Numerics;

namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>Asks stable when the candidate looks dead: is it the candidate, or an incident that both arms share?</summary>
/// <remarks>
/// <para>
/// It begins when a CUSUM of the candidate's answers against its bound reaches 100 (1 + n)², n being the confirmations before: at
/// first after three failures in a row. The n-th has a bet of its own with stake 1/n² − 1/(n + 1)², in sum 1. What made
/// it begin is no part of that bet, so any rule may begin it; this one does about once in 100 (1 + n)² requests of a
/// candidate that fails 20 %.
/// </para>
/// <para>
/// While it lasts the candidate gets 15 % at most, so that stable answers more than five requests for each of the candidate's. Seven
/// failures more and about thirty good answers win. It ends before when the candidate answers well again, or when stable is
/// seen to fail too; then stable is not asked again for 5 s, after that for 10, 20 and 40 s.
/// </para>
/// <para>
/// The worth is min(E1, E2) of all answers since it began, so it supposes that one part of the null holds all the time that it lasts,
/// with any rates. Were it to change with each request, the bound for a whole rollout would be 3e-4: the likelihood ratio to
/// the mixture of both parts that fits best, which every path obeys, is at least 7,000 where the first bet is won.
/// </para>
/// </remarks>
/// <param name="needed">What the worth of a bet must reach.</param>
internal sealed class BreakerConfirmation(double needed)
{
    private const int Unlimited = 10_000, Asking = 1_500;

    /// <summary>
    /// The level of the CUSUM that begins a confirmation; and the candidate's ratio, and that of both arms, that end one.
    /// </summary>
    private const double Suspicious = 100, Recovered = 0.1, Shared = 0.005;

    /// <summary>Answers that stable's past rate counts as, and a part of a failure more: it may be colder now than it was.</summary>
    private const double PastWeight = 10, PastFailures = 0.3;

    /// <summary>Answers of the candidate after which a confirmation that is still in doubt ends.</summary>
    private const long Longest = 500;

    /// <summary>In ticks: 5 s, doubled at most three times, and forgotten after ten minutes.</summary>
    private const int ShortestWait = 20, MostDoublings = 3, Forgotten = 2_400;

    private readonly double[] sums = new double[BreakerCounts.Alternatives];
    private BreakerCounts counts;
    private double past;
    private long asked, beyond, sentBefore, inFlightBefore;
    private int wait, doublings, calm;
    private bool isUnderWay;

    /// <summary>The candidate's highest share in basis points.</summary>
    public int Limit => isUnderWay ? Asking : Unlimited;

    /// <summary>The worth of the present bet, in units of the wealth that all of them began with.</summary>
    public double Worth { get; private set; }

    /// <summary>The candidate's own answers would suffice.</summary>
    public bool IsFailing { get; private set; }

    private double Stake => (1.0 / (asked * asked)) - (1.0 / ((asked + 1) * (asked + 1)));

    public void Reset()
    {
        Stop();
        (asked, wait, doublings, calm) = (0, 0, 0, 0);
    }

    /// <summary>Ends what is under way; its stake is lost.</summary>
    public void Stop()
    {
        Array.Clear(sums);
        (isUnderWay, IsFailing, Worth, counts) = (false, false, 0, default);
    }

    /// <param name="tick">What ended.</param>
    /// <param name="stable">Stable's rate before it.</param>
    public void Observe(in BreakerTick tick, double stable)
    {
        if (isUnderWay)
        {
            counts += SentSince(tick);
            Compare(Math.Max(0, tick.InFlight - inFlightBefore));
            if (IsOver()) Stop();
            return;
        }

        if (++calm > Forgotten) doublings = 0;
        if (wait > 0) wait--;
        else if (IsSuspicious(BreakerCounts.Of(tick), BreakerCounts.BoundBeside(stable))) Begin(tick, stable);
    }

    private bool IsSuspicious(in BreakerCounts tick, double bound)
    {
        var enough = Math.Log(Suspicious) + (2 * Math.Log(1 + asked));
        var isSuspicious = false;
        beyond = 0;
        for (var j = 0; j < sums.Length; j++)
        {
            var (rate, _) = BreakerCounts.Alternative(j, bound);
            var before = sums[j];
            sums[j] = Math.Max(0, before + tick.LogAgainstRate(rate, bound));
            if (sums[j] < enough) continue;
            isSuspicious = true;

            // Where all failed, their order is known: those beyond what it took are answers after the beginning.
            if (tick.Failures == tick.Requests)
                beyond = Math.Max(beyond, tick.Failures - (long)Math.Ceiling((enough - before) / Math.Log(rate / bound)));
        }

        return isSuspicious;
    }

    private void Begin(in BreakerTick tick, double stable)
    {
        Stop();
        asked++;
        (isUnderWay, past, calm) = (true, stable, 0);
        (sentBefore, inFlightBefore) = (tick.InFlight, tick.InFlight);
    }

    /// <summary>Leaves out as many answers as were on their way when the split changed: the worst ones first.</summary>
    private BreakerCounts SentSince(in BreakerTick tick)
    {
        var old = Math.Min(sentBefore, tick.Requests);
        sentBefore -= old;
        var rest = tick.Requests - old;
        return BreakerCounts.Of(tick) with { Requests = rest, Failures = Math.Clamp(tick.Failures - old, 0, rest) };
    }

    /// <param name="more">More requests are in flight than before; they count as good until they end.</param>
    private void Compare(long more)
    {
        var all = counts with { Requests = counts.Requests + more };
        var bound = BreakerCounts.BoundBeside(past);
        var rest = LogStable() - all.BestBesideStable();
        double ofBoth = 0, ofCandidate = 0;
        var alone = all with { Requests = all.Requests + beyond, Failures = all.Failures + beyond };
        for (var j = 0; j < BreakerCounts.Alternatives; j++)
        {
            var (rate, part) = BreakerCounts.Alternative(j, bound);
            var against = alone.LogAgainstRate(rate, BreakerCounts.RateBound);
            ofCandidate += Weigh(part, against);
            ofBoth += Weigh(part, Math.Min(against, all.LogCandidate(rate) + rest));
        }

        Worth = Stake * ofBoth;
        IsFailing = Stake * ofCandidate >= needed;
    }

    private bool IsOver()
    {
        var bound = BreakerCounts.BoundBeside(past);
        var ofCandidate = 0.0;
        for (var j = 0; j < BreakerCounts.Alternatives; j++)
        {
            var (rate, part) = BreakerCounts.Alternative(j, bound);
            ofCandidate += Weigh(part, counts.LogAgainstRate(rate, BreakerCounts.RateBound));
        }

        if (ofCandidate < Recovered || (counts.Requests > Longest && !IsFailing))
        {
            doublings = 0;
            return true;
        }

        if (counts.Requests == 0) return false;
        var seen = counts.LogCandidate(counts.Failures / (double)counts.Requests);
        if (seen + LogStable() - counts.BestBesideStable() >= Math.Log(Shared)) return false;
        wait = ShortestWait << doublings;
        doublings = Math.Min(MostDoublings, doublings + 1);
        return true;
    }

    /// <summary>Stable's rate is a mixture around the past one, so that a colder or better stable is followed.</summary>
    private double LogStable()
    {
        double failed = PastFailures + (PastWeight * past), good = PastWeight * (1 - past);
        return SpecialFunctions.BetaLn(counts.StableFailures + failed, counts.StableRequests - counts.StableFailures + good)
            - SpecialFunctions.BetaLn(failed, good);
    }

    private static double Weigh(double part, double log) => part * Math.Exp(Math.Min(log, 50));
}


namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>Sequential test of "the candidate fails at most max(20 %, 3 × stable's rate)", at 1e-4 over a whole rollout.</summary>
/// <remarks>
/// <para>
/// Only answers of the same seconds are compared. However well stable was a minute ago, its past does not tell a candidate that
/// dies now from an incident that both arms share: the past chooses the bets and never counts as an answer. Where stable has
/// too little traffic to answer (95 %, 100 %), the breaker asks it: <see cref="Limit"/> lowers the candidate's share.
/// </para>
/// <para>
/// A set of answers is worth min(E1, E2). E1 is the likelihood ratio of the candidate's answers to those at 20 %, an e-variable
/// wherever p_c ≤ 0.2. E2 is the likelihood of both arms' answers over the best one with p_c ≤ 3 p_s (universal inference: Wasserman,
/// Ramdas, Balakrishnan, PNAS 2020). It is an e-variable wherever p_c ≤ 3 p_s, also while the rates move, however fast: requests
/// fall to the arms by hash, with one share r as long as the split stands; for each request the ratio of the alternative to its
/// projection for that r has an expectation of at most 1 at every point of this convex set (Turner, Ly, Grünwald, "Generic
/// e-variables", 2024), and the best rates make the ratio only smaller, whatever r is. Hence nothing is compared over a change of
/// the split. The minimum is an e-variable for both parts of the null.
/// </para>
/// <para>
/// <see cref="BreakerBets"/> (0.3 of alpha) bets on every block of ticks in which both arms answered, so on any path of the rates;
/// <see cref="BreakerConfirmation"/> (0.7) begins when the candidate looks dead. What they are worth is a supermartingale under
/// the null and reaches 10,000 with probability at most 1e-4 (Ville). Answers count as independent given the rates; for
/// clumps (retries of one request) the first three failures, which count for nothing but the beginning, are the reserve.
/// </para>
/// <para>Allocates nothing after construction. Not thread-safe.</para>
/// </remarks>
public sealed class SafetyBreaker
{
    public const double Alpha = 1e-4;

    private const double BetsPart = 0.3, ConfirmationPart = 0.7;

    /// <summary>The last 50 ticks with answers of stable are its past rate.</summary>
    private const double PastDecay = 0.98;

    private readonly BreakerBets bets = new();
    private readonly BreakerConfirmation confirmation = new(1 / (Alpha * ConfirmationPart));
    private double pastRequests, pastFailures;
    private long inFlight;

    /// <summary>What the bets are worth; 10,000 trips.</summary>
    public double Evidence { get; private set; }

    public bool IsTripped => Evidence >= 1 / Alpha;

    /// <summary>The candidate fails plainly, and whether stable would do better is still unknown.</summary>
    public bool IsFailing => confirmation.IsFailing;

    /// <summary>
    /// The highest share that the candidate should get from now on, in basis points: 10,000, or 1,500 while stable is asked.
    /// </summary>
    /// <remarks>Who cannot follow it for want of a live stable endpoint calls <see cref="Resplit"/> when there is one again.</remarks>
    public int Limit => confirmation.Limit;

    /// <summary>Forgets everything: another rollout.</summary>
    public void Reset()
    {
        bets.Reset();
        confirmation.Reset();
        (pastRequests, pastFailures, inFlight, Evidence) = (0, 0, 0, 0);
    }

    /// <summary>
    /// The split between the arms has changed, other than by <see cref="Limit"/>: answers of two splits are not compared.
    /// </summary>
    public void Resplit()
    {
        bets.Close();
        confirmation.Stop();
    }

    /// <summary>Absorbs what ended in one tick.</summary>
    /// <returns>True when the evidence has reached its bound.</returns>
    public bool Observe(in BreakerTick tick)
    {
        // Requests on their way count as good until they fail, so that quick failures do not outrun slow successes.
        var begun = Math.Max(0, tick.InFlight - inFlight);
        inFlight = tick.InFlight;
        var counts = BreakerCounts.Of(tick) with { Requests = tick.Requests + begun };

        // A bet is chosen before the tick is looked at.
        var past = Math.Clamp((pastFailures + 0.5) / (pastRequests + 50), 0.001, 0.30);
        var limit = Limit;
        bets.Observe(counts, past);
        confirmation.Observe(tick, past);
        if (Limit != limit) bets.Close();
        Evidence = (BetsPart * bets.Worth) + (ConfirmationPart * confirmation.Worth);
        if (tick.StableRequests > 0)
        {
            pastRequests = (pastRequests * PastDecay) + tick.StableRequests;
            pastFailures = (pastFailures * PastDecay) + tick.StableFailures;
        }

        return IsTripped;
    }
}

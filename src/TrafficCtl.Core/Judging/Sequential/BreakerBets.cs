namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>The safety breaker's bets on blocks of ticks: a new one with each block.</summary>
/// <remarks>
/// Ticks are joined to a block until both arms have answered, so that nothing is lost where either is thin. The bet that begins with
/// block k has stake π_k: 0.05 for the first, 0.6 in equal parts for the next 2,400 (ten minutes of ticks) and ∝ 1/(k ln² k)
/// from there on, in sum below 1; so long good service does not drown a sudden death. Beside a stable arm with five times its
/// traffic a candidate that fails everything needs ten failures in a young rollout, 12 after ten minutes and 18 after a day.
/// </remarks>
internal sealed class BreakerBets
{
    private const double Cap = 1e12, First = 0.05, Young = 0.60, Rest = 0.35;
    private const long YoungBlocks = 2_400;

    private readonly double[] worth = new double[BreakerCounts.Alternatives];
    private long blocks;
    private BreakerCounts block;
    private double past;

    /// <summary>The worth of all bets, in units of the wealth that they began with.</summary>
    public double Worth { get; private set; }

    public void Reset()
    {
        Array.Clear(worth);
        (blocks, block, Worth) = (0, default, 0);
    }

    /// <param name="counts">What ended in the tick.</param>
    /// <param name="stable">Stable's rate before it.</param>
    public void Observe(in BreakerCounts counts, double stable)
    {
        if (block == default) past = stable;
        block += counts;
        if (block is { Requests: > 0, StableRequests: > 0 }) Close();
    }

    /// <summary>Ends the block. With answers of one arm only it cannot raise the evidence, and must be able to lower it.</summary>
    public void Close()
    {
        if (block == default) return;
        var stake = block is { Requests: > 0, StableRequests: > 0 } ? Stake(blocks++) : 0;
        var rest = block.LogStable(past) - block.BestBesideStable();
        var bound = BreakerCounts.BoundBeside(past);
        Worth = 0;
        for (var j = 0; j < worth.Length; j++)
        {
            var (rate, part) = BreakerCounts.Alternative(j, bound);
            var factor = Math.Min(block.LogAgainstRate(rate, BreakerCounts.RateBound), block.LogCandidate(rate) + rest);
            worth[j] = Math.Min(Cap, (worth[j] + stake) * Math.Exp(Math.Min(factor, 50)));
            Worth += part * worth[j];
        }

        block = default;
    }

    internal static double Stake(long block)
    {
        if (block == 0) return First;
        if (block <= YoungBlocks) return Young / YoungBlocks;

        // The sum of 1/(k ln² k) beyond n is below 1/ln n.
        var log = Math.Log(block);
        return Rest * Math.Log(YoungBlocks) / (block * log * log);
    }
}

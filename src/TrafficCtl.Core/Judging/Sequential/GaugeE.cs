using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Sequential;

/// <summary>An e-process for a gauge, one direction of one tolerance: bets on clipped, pre-whitened log-ratios of blocks.</summary>
/// <remarks>
/// Statistics 3.6. With y = ln(candidate / stable) of a block, y′ the one before and m the tolerance:
/// r = (y − m) − â (y′ − m), z = ±clip(r / 3s, −1, 1), e = 1 + λ z. â = clip(c₁/c₀, 0, 0.95) is the lag-1
/// autocorrelation shrunk to 0.5, s a running robust scale; both are learnt after the bet. Its mean is at most one when r is
/// symmetric about at most zero; strong autocorrelation (0.9) breaks that (5 % instead of 1 %), hence advisory.
/// </remarks>
/// <param name="logRatio">m, ln of the tolerated ratio.</param>
/// <param name="side">+1: evidence against "the ratio is at most the tolerance"; −1: against "at least".</param>
/// <param name="logCap">ln of the most that one block may multiply; infinity for none.</param>
internal sealed class GaugeE(double logRatio, int side, double logCap)
{
    private const double UsualScale = 0.05, LeastScale = 0.01, PriorCorrelation = 0.5, PriorBlocks = 10;

    /// <summary>s moves by this in ln each block, so that half of the residuals stay within 0.6745 s.</summary>
    private const double ScaleStep = 0.05, Quartile = 0.6745;

    private static readonly double[] Lambdas = [0.1, 0.25, 0.5, 0.9];

    private readonly Wealth wealth = new(Lambdas.Length, logCap);
    private double previous = double.NaN;
    private double c1 = PriorCorrelation * PriorBlocks;
    private double c0 = PriorBlocks;
    private long blocks;

    public double LogE => wealth.LogE;

    /// <summary>Mean of y over all blocks; 0 before the first.</summary>
    public double Mean { get; private set; }

    /// <summary>c₁/c₀, before it is clipped.</summary>
    public double Correlation => c1 / c0;

    /// <summary>s.</summary>
    public double Scale { get; private set; } = UsualScale;

    /// <param name="y">ln(candidate / stable) of a block; one that is not finite is no reading and changes nothing.</param>
    /// <param name="share">The share of the block: <see cref="Bets.Share"/>.</param>
    public void Step(double y, double share)
    {
        if (!double.IsFinite(y)) return;
        if (blocks > 0) Bet(y, share);
        blocks++;
        Mean += (y - Mean) / blocks;
        previous = y;
    }

    private void Bet(double y, double share)
    {
        var a = Math.Clamp(Correlation, 0, 0.95);
        var residual = y - logRatio - (a * (previous - logRatio));
        var z = side * Math.Clamp(residual / (3 * Scale), -1, 1);
        Span<double> logs = stackalloc double[Bets.Most];
        for (var j = 0; j < Lambdas.Length; j++) logs[j] = Math.Log(1 + (Lambdas[j] * z));
        wealth.Step(logs, 1, share);

        var (now, before) = (y - Mean, previous - Mean);
        c1 += Math.Clamp(now * before / (UsualScale * UsualScale), -9, 9);
        c0 += Math.Min(before * before / (UsualScale * UsualScale), 9);
        var deviation = Math.Abs(residual - Math.Clamp((1 - a) * (Mean - logRatio), -1, 1));
        Scale = Math.Max(LeastScale, Scale * Math.Exp(deviation > Quartile * Scale ? ScaleStep : -ScaleStep));
    }

    public void Save(StateWriter to)
    {
        wealth.Save(to);
        to.Doubles([previous, Mean, c1, c0, Scale]);
        to.Count(blocks);
    }

    public void Load(ref StateReader from)
    {
        wealth.Load(ref from);
        (previous, Mean, c1, c0, Scale) = (from.Double(), from.Double(), from.Double(), from.Double(), from.Double());
        blocks = from.Count();
    }
}

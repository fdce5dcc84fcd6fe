using TrafficCtl.Core.Judging.State;

namespace TrafficCtl.Core.Judging.Estimates;

/// <summary>The divisors of this tick's evidence, both at least 1.</summary>
internal readonly record struct Phi(double Harm, double NonInferiority);

/// <param name="Tau0">Relative spread between arms that is assumed until measured.</param>
/// <param name="TauMin">Relative spread that is always assumed.</param>
internal readonly record struct Spread(double Tau0, double TauMin)
{
    public static readonly Spread Errors = new(0.2, 0.05);
    public static readonly Spread Latency = new(0.1, 0.03);
}

/// <summary>φ: how much more the two arms' split of events scatters than independent requests would make it.</summary>
/// <remarks>
/// Statistics 3.3: z-scores of superblocks (≥ 60 s and ≥ 10 events) and their successive differences over one and
/// three blocks; a prior until three are known; and a factor for shared incidents, so that an incident minute
/// counts like a normal minute. Harm includes the tick itself, non-inferiority only what came before it.
/// </remarks>
internal sealed class Dispersion
{
    private const double Decay = 0.98, BlockSeconds = 60, BlockEvents = 10;
    private const int MostSlots = 60;

    private readonly Spread spread;
    private readonly Trailing trailing;
    private readonly double[] z = new double[6];

    private PairCounts block;
    private double blockSeconds;
    private double weight = double.NaN;
    private Scatter one, three;

    /// <param name="tickSeconds">The usual length of a tick, at least one second.</param>
    /// <param name="carried">What an earlier rollout of the service learnt; default for nothing.</param>
    public Dispersion(Spread spread, double tickSeconds, Scatters carried = default)
    {
        (one, three) = (carried.One, carried.Three);
        this.spread = spread;
        trailing = new Trailing(Math.Clamp((int)Math.Round(60 / tickSeconds), 1, MostSlots));
        z.AsSpan().Fill(double.NaN);
    }

    /// <summary>φ of the last tick.</summary>
    public Phi Last { get; private set; } = new(1, 1);

    /// <summary>How many times a normal minute's events the last minute had on stable; at least 1.</summary>
    public Phi Incident { get; private set; } = new(1, 1);

    /// <summary>What the next rollout of the service may begin with.</summary>
    public Scatters Scatters => new(one, three);

    internal Scatter One => one;

    internal Scatter Three => three;

    /// <summary>φ for this tick; then absorbs it.</summary>
    /// <param name="candidateWeight">The asked share; a change resets the z-history only.</param>
    /// <param name="stableRate">Stable's predicted rate.</param>
    /// <param name="floors">The least φ known otherwise (clumps of users): with this tick, and before it.</param>
    /// <param name="elsewhere">
    /// The incident that another signal sees: what strikes both arms may move this one little, and its split much.
    /// </param>
    public Phi Step(in PairCounts tick, double candidateWeight, double stableRate, double seconds, Phi floors, Phi elsewhere)
    {
        var before = trailing.Before;
        var predicted = trailing.IsFirst
            ? new Traffic(tick.CandidateN, tick.StableN, tick.StableN * stableRate)
            : before * (1 + (1.0 / trailing.Past));
        var current = new Traffic(tick.CandidateN, tick.StableN, tick.StableX);
        Incident = new Phi(Surge(before + current, stableRate), Surge(predicted, stableRate));
        Last = new Phi(
            Math.Max(Incident.Harm, elsewhere.Harm) * Of(before + current, stableRate, floors.Harm),
            Math.Max(Incident.NonInferiority, elsewhere.NonInferiority) * Of(predicted, stableRate, floors.NonInferiority));
        trailing.Push(current);
        Absorb(tick, candidateWeight, seconds);
        return Last;
    }

    private static double Surge(Traffic minute, double stableRate)
    {
        var recent = (minute.StableX + 3) / (minute.StableN + (3 / stableRate));
        return Math.Max(1, recent / (2 * stableRate));
    }

    private double Of(Traffic minute, double stableRate, double floor)
    {
        var information = minute.CandidateN * minute.StableN / Math.Max(minute.CandidateN + minute.StableN, 1)
            * stableRate * (1 - stableRate);

        var point1 = one.Sum / Math.Max(one.Degrees, 1e-9);
        var point3 = three.Degrees >= 2 ? Math.Min(three.Sum / three.Degrees, 4 * Math.Max(point1, 1)) : 0;
        var point = Math.Max(point1, point3);
        var degrees = point1 >= point3 ? Math.Max(one.Degrees, 1e-9) : 1 + (three.Degrees / 2);
        var upper = one.Degrees >= 3 ? point * degrees / ChiSquareTenth(degrees) : double.PositiveInfinity;
        var prior = 1 + (spread.Tau0 * spread.Tau0 * information);
        var phi = Math.Min(upper, Math.Max(prior, one.Degrees >= 1 ? point : 0));
        return Math.Max(Math.Max(phi, 1 + (spread.TauMin * spread.TauMin * information)), Math.Max(1, floor));
    }

    /// <summary>The 10 % point of χ², Wilson and Hilferty's approximation.</summary>
    private static double ChiSquareTenth(double degrees)
    {
        var bracket = Math.Max(1 - (2 / (9 * degrees)) - (1.2815515655 * Math.Sqrt(2 / (9 * degrees))), 0.05);
        return degrees * bracket * bracket * bracket;
    }

    private void Absorb(in PairCounts tick, double candidateWeight, double seconds)
    {
        if (!double.IsNaN(weight) && Math.Abs(candidateWeight - weight) > 1e-9)
        {
            (block, blockSeconds) = (default, 0);
            z.AsSpan().Fill(double.NaN);
        }

        weight = candidateWeight;
        block = block.Plus(tick);
        blockSeconds += seconds;

        var (n, x) = (block.CandidateN + block.StableN, block.CandidateX + block.StableX);
        if (blockSeconds < BlockSeconds - 1e-9 || Math.Min(x, n - x) < BlockEvents || !block.IsPair) return;
        var share = block.CandidateN / n;
        var variance = share * (1 - share) * x * (1 - (x / n)) * n / Math.Max(n - 1, 1);
        Close((block.CandidateX - (share * x)) / Math.Sqrt(Math.Max(variance, 1e-12)));
        (block, blockSeconds) = (default, 0);
    }

    private void Close(double newest)
    {
        z.AsSpan(1).CopyTo(z);
        z[5] = newest;
        one.Add((z[5] - z[4]) * (z[5] - z[4]) / 2, Decay);
        var batches = z[3] + z[4] + z[5] - (z[0] + z[1] + z[2]);
        three.Add(batches * batches / 6, Decay);
    }

    /// <summary>Goes on as another one of the same length of tick.</summary>
    public void CopyFrom(Dispersion other)
    {
        trailing.CopyFrom(other.trailing);
        other.z.CopyTo(z, 0);
        (block, blockSeconds, weight) = (other.block, other.blockSeconds, other.weight);
        (one, three, Last, Incident) = (other.one, other.three, other.Last, other.Incident);
    }

    public void Save(StateWriter to)
    {
        trailing.Save(to);
        to.Doubles(z);
        block.Save(to);
        to.Doubles([blockSeconds, weight]);
        to.Doubles([one.Sum, one.Degrees, three.Sum, three.Degrees, Last.Harm, Last.NonInferiority]);
    }

    public void Load(ref StateReader from)
    {
        trailing.Load(ref from);
        from.Doubles(z);
        block = PairCounts.Load(ref from);
        (blockSeconds, weight) = (from.Double(), from.Double());
        one = new Scatter(from.Double(), from.Double());
        three = new Scatter(from.Double(), from.Double());
        Last = new Phi(from.Double(), from.Double());
    }
}

/// <summary>A decaying mean of squared differences.</summary>
/// <param name="Sum">S.</param>
/// <param name="Degrees">ν.</param>
internal record struct Scatter(double Sum, double Degrees)
{
    public void Add(double square, double decay)
    {
        if (double.IsNaN(square)) return;
        (Sum, Degrees) = ((Sum * decay) + square, (Degrees * decay) + 1);
    }

    /// <summary>The same mean, with fewer degrees of freedom.</summary>
    public readonly Scatter AtMost(double degrees) => Degrees > degrees ? new(Sum * degrees / Degrees, degrees) : this;
}

/// <summary>All that is known of a signal's dispersion: over one block and over three.</summary>
internal readonly record struct Scatters(Scatter One, Scatter Three)
{
    private const double MostCarried = 10;

    /// <summary>For another rollout: as much as ten blocks may say, so that today can still overrule it.</summary>
    public Scatters Carried => new(One.AtMost(MostCarried), Three.AtMost(MostCarried));

    public void Save(StateWriter to) => to.Doubles([One.Sum, One.Degrees, Three.Sum, Three.Degrees]);

    public static Scatters Load(ref StateReader from) =>
        new(new Scatter(from.Double(), from.Double()), new Scatter(from.Double(), from.Double()));
}

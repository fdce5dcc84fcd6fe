namespace TrafficCtl.Core.Tests.Judging;

/// <summary>Seeded chance with the few distributions that traffic needs.</summary>
internal sealed class Chance(int seed)
{
    private readonly Random random = new(seed);

    public double Uniform() => random.NextDouble();

    public double Normal()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        return radius * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    public int Poisson(double mean)
    {
        if (mean > 50) return Math.Max(0, (int)Math.Round(mean + (Math.Sqrt(mean) * Normal())));
        var (limit, product, count) = (Math.Exp(-mean), random.NextDouble(), 0);
        for (; product > limit; count++) product *= random.NextDouble();
        return count;
    }

    public int Binomial(int n, double p)
    {
        if (p <= 0 || n <= 0) return 0;
        if (n * p > 50 && n * (1 - p) > 50)
            return Math.Clamp((int)Math.Round((n * p) + (Math.Sqrt(n * p * (1 - p)) * Normal())), 0, n);
        // Inversion, from the rarer side.
        if (p > 0.5) return n - Binomial(n, 1 - p);
        var (odds, probability, count) = (p / (1 - p), Math.Pow(1 - p, n), 0);
        for (var left = random.NextDouble() - probability; left > 0 && count < n; left -= probability)
        {
            probability *= odds * (n - count) / (count + 1);
            count++;
        }

        return count;
    }
}

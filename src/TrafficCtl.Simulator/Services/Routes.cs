using System.Collections.Immutable;

namespace TrafficCtl.Simulator.Services;

/// <summary>The routes of a service, and what the candidate breaks of them.</summary>
/// <param name="Shares">The shares of the traffic, of each route known before the rollout; what is left to one is of other paths, the
/// rest.</param>
/// <param name="Failing">So many of the last routes fail every request on the candidate.</param>
public sealed record Routes(ImmutableArray<double> Shares, int Failing = 0)
{
    /// <summary>Fifty routes, each 8 % smaller than the one before, with a share of the traffic on no route.</summary>
    /// <param name="rest">A flood of paths that nobody asked for before the rollout.</param>
    public static Routes Fifty(double rest = 0.02)
    {
        const double Next = 0.92;
        var sum = (1 - Math.Pow(Next, 50)) / (1 - Next);
        return new Routes([.. Enumerable.Range(0, 50).Select(i => (1 - rest) * Math.Pow(Next, i) / sum)]);
    }

    /// <summary>The same, with one more route that breaks, of this share.</summary>
    public static Routes With(double broken)
    {
        var whole = Fifty();
        return new Routes([.. whole.Shares.Take(49).Select(s => s * (1 - broken)), broken], Failing: 1);
    }

    /// <summary>What of the traffic fails on the candidate for it.</summary>
    public double Broken => Shares.TakeLast(Failing).Sum();
}

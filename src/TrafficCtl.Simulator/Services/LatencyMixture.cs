using System.Collections.Concurrent;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Chances;

namespace TrafficCtl.Simulator.Services;

/// <summary>A distribution of latency, tabulated once: the probability of each bucket at any shift, in 64ths of a bucket.</summary>
/// <remarks>
/// The buckets have ratio 1.05 from 20 ms, so a 64th is 0.076 % of latency. Immutable and shared by all runs. The table is laid
/// out by the residue of the shift, so that the edges of one shift lie side by side.
/// </remarks>
internal sealed class LatencyMixture
{
    private static readonly double BucketLog = Math.Log(1.05);
    private static readonly double Sigma = Math.Log(P99 / Median) / 2.3263478740408408;

    /// <summary>The buckets of the whole simulator: 20 ms to 5.4 s, and the overflow.</summary>
    public static readonly LatencyLayout Layout = LatencyLayout.Of(
        [.. Enumerable.Range(0, Finite).Select(static i => First * Math.Exp(i * BucketLog))]);

    /// <summary>Median 80 ms, p99 323 ms.</summary>
    public const double Median = 0.08, P99 = 0.323;

    public static readonly LatencyMixture Stable = new(static x => NormalTail.Below(x / Sigma));

    private const double First = 0.02;
    private const int Finite = 116, Parts = 64, Rows = 72, Cells = (Finite + (2 * Rows)) * Parts;
    private static readonly double[] Middles =
        [.. Enumerable.Range(0, Finite).Select(Layout.MiddleSeconds), Layout.UpperSeconds(Finite - 1)];

    private static readonly ConcurrentDictionary<double, LatencyMixture> Tails = new();

    private readonly Func<double, double> below;
    private readonly double[][] edges = new double[Parts][];
    private readonly double[] aliasShare = new double[Cells];
    private readonly int[] alias = new int[Cells];

    /// <param name="below">P(ln(latency / median) ≤ x).</param>
    private LatencyMixture(Func<double, double> below)
    {
        this.below = below;
        for (var part = 0; part < Parts; part++)
        {
            edges[part] = new double[Finite + (2 * Rows) + 1];
            for (var i = 0; i < edges[part].Length; i++) edges[part][i] = below(LogOf(((i - Rows) * Parts) + part));
        }

        FillAlias();
    }

    /// <summary>Stable's, with the slowest tenth of requests × <paramref name="factor"/>.</summary>
    public static LatencyMixture SlowerTail(double factor) => factor == 1 ? Stable : Tails.GetOrAdd(factor, MakeTail);

    private static LatencyMixture MakeTail(double factor)
    {
        var (from, by) = (Sigma * 1.2815515655446004, Math.Log(factor));
        return new(x => NormalTail.Below((x <= from ? x : Math.Max(from, x - by)) / Sigma));
    }

    /// <summary>A relative change of latency in 64ths of a bucket, cut to what the table holds (× 1/30 to × 30).</summary>
    public static int ShiftOf(double factor) =>
        Math.Clamp((int)Math.Round(Math.Log(factor) / BucketLog * Parts), 1 - (Rows * Parts), (Rows * Parts) - 1);

    /// <summary>The share of requests slower than stable's p99, when all are slower by <paramref name="factor"/>.</summary>
    public double SlowerThanP99(double factor) => 1 - below(Math.Log(P99 / Median / factor));

    /// <summary>The probability of every bucket of <see cref="Layout"/>.</summary>
    public void Probabilities(int shift, Span<double> to)
    {
        var cell = -shift + (Rows * Parts);
        var row = edges[cell % Parts].AsSpan(cell / Parts, Finite);
        var last = 0.0;
        for (var i = 0; i < row.Length; i++)
        {
            to[i] = row[i] - last;
            last = row[i];
        }

        to[Finite] = 1 - last;
    }

    /// <summary>The bucket of one request.</summary>
    public int Draw(Chance chance, int shift)
    {
        var bits = chance.Next();
        var cell = (int)(((bits >> 32) * Cells) >> 32);
        if ((uint)bits * (1.0 / (1L << 32)) >= aliasShare[cell]) cell = alias[cell];
        // A cell holds (edge, next edge] of the fine grid whose 0 is Rows buckets below the first edge.
        var bucket = ((cell + shift) >> 6) - Rows + 1;
        return Math.Clamp(bucket, 0, Finite);
    }

    /// <summary>Seconds that all requests took together, each at the middle of its bucket.</summary>
    public static double SumOf(ReadOnlySpan<long> counts)
    {
        var sum = 0.0;
        for (var i = 0; i < counts.Length; i++) sum += counts[i] * Middles[i];
        return sum;
    }

    private static double LogOf(int cell) => Math.Log(First / Median) + (cell * BucketLog / Parts);

    /// <summary>Walker's alias method over the fine grid (Vose 1991); the first and last cell hold the tails.</summary>
    private void FillAlias()
    {
        var scaled = new double[Cells];
        for (var i = 0; i < Cells; i++)
        {
            var low = i == 0 ? 0 : below(LogOf(i - (Rows * Parts)));
            var high = i == Cells - 1 ? 1 : below(LogOf(i + 1 - (Rows * Parts)));
            scaled[i] = (high - low) * Cells;
        }

        var (small, large) = (new Stack<int>(), new Stack<int>());
        for (var i = 0; i < Cells; i++) (scaled[i] < 1 ? small : large).Push(i);
        while (small.Count > 0 && large.Count > 0)
        {
            var (less, more) = (small.Pop(), large.Pop());
            (aliasShare[less], alias[less]) = (scaled[less], more);
            scaled[more] -= 1 - scaled[less];
            (scaled[more] < 1 ? small : large).Push(more);
        }

        foreach (var i in small.Concat(large)) (aliasShare[i], alias[i]) = (1, i);
    }
}

namespace TrafficCtl.Core.Signals;

/// <summary>The upper edges of a latency histogram's buckets, in seconds; one more bucket, the overflow, has none.</summary>
/// <remarks>Immutable. Bucket i holds (edge i−1, edge i]. Both arms of a comparison must share one layout.</remarks>
public sealed class LatencyLayout
{
    /// <summary>Edges at most, so that no input can ask for more memory than this.</summary>
    public const int MostEdges = 4096;

    // Written with few digits it may be a little more.
    private const double LargestFineRatio = 1.05;

    /// <summary>The proxy's own: <see cref="LatencyBuckets"/>.</summary>
    public static readonly LatencyLayout Proxy = new(
        [.. Enumerable.Range(0, LatencyBuckets.FiniteCount).Select(LatencyBuckets.UpperSeconds)], LatencyBuckets.LogRatio);

    /// <summary>
    /// No latency was measured (yet): counts of it hold nothing in their buckets, and may be added to counts of any layout.
    /// </summary>
    public static readonly LatencyLayout None = new([1], double.NaN);

    private readonly double[] edges;
    private long[]? zeros;

    private LatencyLayout(double[] edges, double logRatio)
    {
        this.edges = edges;
        LogRatio = logRatio;
        IsFine = logRatio <= Math.Log(LargestFineRatio) + 1e-4;
    }

    /// <summary>Buckets, the overflow included.</summary>
    public int Count => edges.Length + 1;

    /// <summary>The buckets of counts that hold nothing.</summary>
    internal long[] Zeros => zeros ??= new long[Count];

    public int Overflow => edges.Length;

    /// <summary>ln of the ratio between neighbouring edges; NaN when the edges are not geometric.</summary>
    public double LogRatio { get; }

    /// <summary>Geometric with a ratio of at most 1.05: a relative shift of latency is a whole number of buckets.</summary>
    public bool IsFine { get; }

    /// <summary>The finite edges, rising.</summary>
    public ReadOnlySpan<double> Edges => edges;

    /// <param name="upperSeconds">Finite, positive, strictly rising; 1 to <see cref="MostEdges"/> of them.</param>
    /// <exception cref="ArgumentException">They are not; the message says which one.</exception>
    public static LatencyLayout Of(ReadOnlySpan<double> upperSeconds)
    {
        if (upperSeconds.Length is 0 or > MostEdges)
            throw new ArgumentException($"{upperSeconds.Length} bucket bounds: there must be 1 to {MostEdges}", nameof(upperSeconds));
        for (var i = 0; i < upperSeconds.Length; i++)
        {
            if (!double.IsFinite(upperSeconds[i]) || upperSeconds[i] <= 0)
                throw new ArgumentException(
                    $"bucket bound {i + 1} is {upperSeconds[i]}: it must be a positive number of seconds", nameof(upperSeconds));
            if (i > 0 && upperSeconds[i] <= upperSeconds[i - 1])
                throw new ArgumentException(
                    $"bucket bound {i + 1}, {upperSeconds[i]}, does not rise above {upperSeconds[i - 1]}", nameof(upperSeconds));
        }

        return new LatencyLayout(upperSeconds.ToArray(), Geometric(upperSeconds));
    }

    /// <summary>The upper edge of a bucket in seconds; infinity for the overflow.</summary>
    public double UpperSeconds(int bucket) => bucket < edges.Length ? edges[bucket] : double.PositiveInfinity;

    /// <summary>A value that stands for the bucket: the geometric middle of its edges, the edge itself for the first bucket.</summary>
    public double MiddleSeconds(int bucket) => bucket switch
    {
        0 => edges[0],
        _ when bucket >= edges.Length => double.PositiveInfinity,
        _ => Math.Sqrt(edges[bucket - 1] * edges[bucket]),
    };

    /// <summary>The bucket that holds the value.</summary>
    public int IndexOf(double seconds)
    {
        var at = edges.AsSpan().BinarySearch(seconds);
        return at >= 0 ? at : ~at;
    }

    /// <summary>Nothing is known of the buckets.</summary>
    public bool IsNone => ReferenceEquals(this, None);

    /// <summary>Each edge of the coarser layout is one here too, so that counts of this one can be told in its buckets.</summary>
    public bool Refines(LatencyLayout coarser)
    {
        if (IsNone || coarser.IsNone || coarser.edges.Length > edges.Length) return false;
        // Asked of every target in every round, and nearly always of the same buckets.
        if (coarser.edges.Length == edges.Length) return Matches(coarser);
        foreach (var edge in coarser.edges)
            if (edges.AsSpan().BinarySearch(edge) < 0) return false;
        return true;
    }

    /// <summary>Same edges, so that counts may be compared and added.</summary>
    public bool Matches(LatencyLayout other) => ReferenceEquals(this, other) || Edges.SequenceEqual(other.Edges);

    /// <summary>The common ln ratio; edges written with few digits may be off by half a bucket.</summary>
    private static double Geometric(ReadOnlySpan<double> edges)
    {
        if (edges.Length < 2) return double.NaN;
        var step = Math.Log(edges[^1] / edges[0]) / (edges.Length - 1);
        for (var i = 1; i < edges.Length; i++)
            if (Math.Abs(Math.Log(edges[i] / edges[0]) - (i * step)) > step / 2) return double.NaN;
        return step;
    }
}

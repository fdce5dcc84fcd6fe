using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Judging;

/// <summary>Margins proportional to the risk: wide while few users see the candidate, the declared ones at the end.</summary>
/// <remarks>One non-inferiority process per multiplier runs from the start; their nulls are nested.</remarks>
internal static class Margins
{
    public static readonly double[] Multipliers = [4, 2, 1];

    /// <summary>Index of the multiplier for a move to this weight: 4 below 25 %, 2 below 90 %, 1 from there.</summary>
    public static int For(Weights next) => next.Candidate switch { < 2500 => 0, < 9000 => 1, _ => 2 };

    /// <summary>A relative shift of latency in buckets, at least one.</summary>
    public static int Buckets(LatencyLayout layout, double shift) => Math.Max(1, (int)Math.Round(Math.Log(1 + shift) / layout.LogRatio));
}

using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Core.Routing;

/// <summary>Shares of the two arms in basis points; they sum to 10000 by construction.</summary>
public readonly record struct Weights : IComparable<Weights>
{
    public const int Total = 10_000;

    public static readonly Weights AllStable;
    public static readonly Weights AllCandidate = new(Total);

    private Weights(int candidate) => Candidate = candidate;

    /// <summary>The candidate's share, 0..10000.</summary>
    public int Candidate { get; }

    /// <summary>The stable arm's share, 10000..0.</summary>
    public int Stable => Total - Candidate;

    /// <summary>The candidate's share as a fraction, 0..1.</summary>
    public double Fraction => Candidate / (double)Total;

    /// <summary>Both arms take traffic, so they can be compared concurrently.</summary>
    public bool IsSplit => Candidate is > 0 and < Total;

    /// <exception cref="ArgumentOutOfRangeException">Outside 0..10000.</exception>
    public static Weights OfCandidate(int basisPoints)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(basisPoints);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(basisPoints, Total);
        return new Weights(basisPoints);
    }

    public int CompareTo(Weights other) => Candidate.CompareTo(other.Candidate);

    /// <summary>The candidate's share for a reader: <c>5 %</c>, <c>0.25 %</c>.</summary>
    public override string ToString() => NumberText.Share(Candidate);

    public static bool operator <(Weights left, Weights right) => left.Candidate < right.Candidate;
    public static bool operator >(Weights left, Weights right) => left.Candidate > right.Candidate;
    public static bool operator <=(Weights left, Weights right) => left.Candidate <= right.Candidate;
    public static bool operator >=(Weights left, Weights right) => left.Candidate >= right.Candidate;
}

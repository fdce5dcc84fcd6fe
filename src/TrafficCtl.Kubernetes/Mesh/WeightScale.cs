using TrafficCtl.Core.Routing;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>
/// Basis points in the whole numbers that a mesh writes: of 100 where they are whole percents, else of 10000. The sum is one of the two,
/// always.
/// </summary>
internal readonly record struct WeightScale(int Total)
{
    public static WeightScale For(Weights weights) => new(weights.Candidate % 100 == 0 ? 100 : Weights.Total);

    public int Of(int basisPoints) => basisPoints * Total / Weights.Total;
}

namespace TrafficCtl.Core.Promotion.Bundles;

/// <summary>The place of a bundle in its service's line: versions by publication, and revisions after their base.</summary>
/// <param name="Base">From 1, in the order of publication.</param>
/// <param name="Revision">0 for the version itself.</param>
public readonly record struct BundleOrder(int Base, int Revision) : IComparable<BundleOrder>
{
    /// <summary>Before every bundle.</summary>
    public static readonly BundleOrder None;

    public int CompareTo(BundleOrder other) => Base != other.Base ? Base.CompareTo(other.Base) : Revision.CompareTo(other.Revision);

    public static bool operator <(BundleOrder left, BundleOrder right) => left.CompareTo(right) < 0;
    public static bool operator >(BundleOrder left, BundleOrder right) => left.CompareTo(right) > 0;
    public static bool operator <=(BundleOrder left, BundleOrder right) => left.CompareTo(right) <= 0;
    public static bool operator >=(BundleOrder left, BundleOrder right) => left.CompareTo(right) >= 0;
}

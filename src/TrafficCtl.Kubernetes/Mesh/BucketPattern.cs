using System.Globalization;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>
/// The header by which the same user meets the same arm on every hop, and the pattern that takes the lowest buckets of it.
/// </summary>
/// <remarks>
/// The edge sets <c>x-tc-bucket</c> to 00..99 and strips what a client sends. All alternatives have two characters: a matcher that
/// looks for the leftmost alternative and then demands the whole value (Linkerd's) finds the same as one that matches fully.
/// </remarks>
internal static class BucketPattern
{
    public const string Header = "x-tc-bucket";

    /// <summary>Matches exactly the buckets below a percentage.</summary>
    /// <param name="percent">1..100; nothing matches no bucket at all.</param>
    public static string Below(int percent)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(percent, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        var (tens, units) = (percent / 10, percent % 10);
        var full = tens switch { 0 => null, 1 => "0[0-9]", _ => $"[0-{tens - 1}][0-9]" };
        var rest = units switch { 0 => null, 1 => $"{tens}0", _ => $"{tens}[0-{units - 1}]" };
        return string.Join('|', new[] { full, rest }.OfType<string>());
    }

    /// <exception cref="MeshException">The weight is no whole percent.</exception>
    public static int Percent(Weights weights) => weights.Candidate % 100 == 0
        ? weights.Candidate / 100
        : throw new MeshException(
            MeshFault.Unsupported,
            string.Create(
                CultureInfo.InvariantCulture,
                $"the header {Header} has 100 buckets, so {weights} cannot be split by it; use whole percents in the steps"));

    /// <summary>Reads <see cref="Below"/> back; null when it is not of that make.</summary>
    public static int? PercentOf(string? pattern)
    {
        for (var percent = 1; percent <= 100; percent++)
            if (Below(percent) == pattern) return percent;
        return null;
    }

    /// <summary>The shares of everybody, where the buckets below a percentage have a rule of their own.</summary>
    public static LiveShares Mix(LiveShares below, LiveShares above, int percent)
    {
        if (!below.IsDefined || !above.IsDefined) return new LiveShares([]);
        var all = below.Slots.Select(s => new LiveShare(s.Service, s.Weight / below.Sum * percent))
            .Concat(above.Slots.Select(s => new LiveShare(s.Service, s.Weight / above.Sum * (100 - percent))));
        return new LiveShares(
            [.. all.GroupBy(s => s.Service, StringComparer.Ordinal).Select(g => new LiveShare(g.Key, g.Sum(s => s.Weight)))]);
    }
}

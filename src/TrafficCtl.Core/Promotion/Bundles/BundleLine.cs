using System.Collections.Immutable;

namespace TrafficCtl.Core.Promotion.Bundles;

/// <summary>A bundle and its place.</summary>
public sealed record Placed(Bundle Bundle, BundleOrder Order);

/// <summary>Every bundle of a service in its order.</summary>
public sealed record BundleLine
{
    public static readonly BundleLine Empty = new();

    private readonly ImmutableDictionary<string, Placed> _byHash = ImmutableDictionary<string, Placed>.Empty;
    private readonly ImmutableDictionary<string, Placed> _byName = ImmutableDictionary<string, Placed>.Empty;
    private readonly int _versions;

    private BundleLine()
    {
    }

    private BundleLine(ImmutableList<Placed> ordered, BundleLine before, Placed added)
    {
        Ordered = ordered;
        _byHash = before._byHash.Add(added.Bundle.Hash, added);
        _byName = before._byName.Add(added.Bundle.Name, added);
        _versions = Math.Max(before._versions, added.Order.Base);
    }

    /// <summary>Oldest first.</summary>
    public ImmutableList<Placed> Ordered { get; } = [];

    public Placed? Find(string hash) => _byHash.GetValueOrDefault(hash);

    /// <summary>By <see cref="Bundle.Name"/>.</summary>
    public Placed? FindNamed(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The version itself, of a revision.</summary>
    public Placed? BaseOf(Placed placed) => placed.Bundle.IsRevision ? FindNamed(placed.Bundle.Version) : placed;

    /// <summary>Why it cannot be published; null where it can, or where it was published already (<see cref="IsKnown"/>).</summary>
    public string? Refusal(Bundle bundle) => IsKnown(bundle) ? null : (FindNamed(bundle.Name), Find(bundle.Hash)) switch
    {
        ({ } same, _) when same.Bundle.Hash == bundle.Hash =>
            $"{bundle.Name} was published as {CompatibilityWords.Of(same.Bundle.Compatibility)}; publish a new version to change that",
        ({ } same, _) => $"{bundle.Name} was published at {Formatting.InstantText.Of(same.Bundle.PublishedAt)} with digest "
            + $"{same.Bundle.Hash[..12]}, this is {bundle.Hash[..12]}; a version never changes: publish a new one",
        (_, { } same) => $"{bundle.Name} has the content of {same.Bundle.Name}; pin that to go back to it",
        _ when bundle.IsRevision && FindNamed(Bundle.NameOf(bundle.Version, bundle.Revision - 1)) is null =>
            $"{bundle.Name} has no {Bundle.NameOf(bundle.Version, bundle.Revision - 1)} before it; publish that first",
        _ => null,
    };

    /// <summary>Published before, as it is: to publish it again changes nothing.</summary>
    public bool IsKnown(Bundle bundle) =>
        Find(bundle.Hash) is { } same && same.Bundle.Name == bundle.Name && same.Bundle.Compatibility == bundle.Compatibility;

    /// <summary>With one more bundle, of which <see cref="Refusal"/> says nothing.</summary>
    public BundleLine Add(Bundle bundle)
    {
        if (IsKnown(bundle)) return this;
        if (Refusal(bundle) is { } refusal) throw new ArgumentException(refusal, nameof(bundle));
        var order = bundle.IsRevision ? new BundleOrder(FindNamed(bundle.Version)!.Order.Base, bundle.Revision) : new(_versions + 1, 0);
        var added = new Placed(bundle, order);
        return new(Ordered.Insert(FirstAfter(order), added), this, added);
    }

    /// <summary>The index of the first bundle that is newer than that place; the count where there is none.</summary>
    public int FirstAfter(BundleOrder order)
    {
        var (low, high) = (0, Ordered.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Ordered[middle].Order > order) high = middle;
            else low = middle + 1;
        }

        return low;
    }
}

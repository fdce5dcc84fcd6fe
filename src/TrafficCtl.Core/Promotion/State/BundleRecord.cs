using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>What is known of one bundle in one environment.</summary>
public sealed record BundleRecord
{
    public static readonly BundleRecord None = new();

    /// <summary>When a target here first got it; null for never.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Since when it is Good here; null where it is not, or where that was taken back.</summary>
    public DateTimeOffset? GoodAt { get; init; }

    /// <summary>The failure that ended it here; null where none did, or where a person gave it another chance.</summary>
    public FactStamp? Failure { get; init; }

    /// <summary>It was ended without evidence against it; null as for <see cref="Failure"/>.</summary>
    public FactStamp? Abort { get; init; }

    /// <summary>Targets went back to it after a failure of another: it is not vetoed automatically.</summary>
    public bool WasReturnedTo { get; init; }

    /// <summary>That it was Good here, or a gate that let it in, is not trusted any more.</summary>
    public FactStamp? Revocation { get; init; }

    /// <summary>The gates whose answer was revoked and not given again.</summary>
    public ImmutableSortedSet<string> RevokedGates { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    public ImmutableDictionary<string, GateRecord> Gates { get; init; } = ImmutableDictionary<string, GateRecord>.Empty;

    public BundleOccupancy Occupancy { get; init; } = BundleOccupancy.None;
}

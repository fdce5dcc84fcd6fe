using System.Collections.Immutable;

namespace TrafficCtl.Core.Rollouts;

/// <summary>Where a service's versions come from, in the words of whoever declared it: a reader is sent there.</summary>
public sealed record Listing
{
    /// <summary>A delivery file, which names them.</summary>
    public static readonly Listing File = new();

    private Listing()
    {
    }

    /// <summary>What follows on a version: <c>v2 is not …</c>.</summary>
    public string Where { get; private init; } = "in the file";

    /// <summary>What precedes the versions that are there.</summary>
    public string Names { get; private init; } = "it names";

    /// <summary>What to do for one that is missing.</summary>
    public string Add { get; private init; } = "Add it with its endpoints";

    /// <summary>Why the first stable version is that.</summary>
    public string Stable { get; private init; } = "as its file says";

    /// <summary>On a cluster nobody names versions: they are what runs.</summary>
    /// <param name="origin">The object that declares the service, such as <c>Service shop/checkout</c>.</param>
    /// <param name="services">Those that the versions run behind.</param>
    public static Listing Behind(string origin, ImmutableArray<string> services) => new()
    {
        Where = $"behind {string.Join(" or ", services)}, the Services of {origin}",
        Names = "there are",
        Add = "Deploy it behind the one that does not serve",
        Stable = $"which is what runs behind {services[0]} by the word of {origin}",
    };
}

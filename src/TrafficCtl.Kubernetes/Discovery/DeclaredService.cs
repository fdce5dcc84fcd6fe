using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>A service as somebody declared it on the cluster, not read yet.</summary>
/// <param name="Namespace">The namespace of the Service.</param>
/// <param name="Service">The Service that clients address.</param>
/// <param name="Origin">The object that declares it: what an event about it regards.</param>
/// <param name="Keys">The annotations below <see cref="Prefix"/> without it, wishes left out; empty when a Delivery declares it.</param>
/// <param name="Delivery">The <c>spec</c> of the Delivery; null when annotations declare it.</param>
public sealed record DeclaredService(
    string Namespace, string Service, KubeOrigin Origin, ImmutableSortedDictionary<string, string> Keys, JsonObject? Delivery)
{
    /// <summary>What every annotation of a user begins with.</summary>
    public const string Prefix = "trafficctl.io/";

    /// <summary>What the annotations that ask once for something are called, without the prefix.</summary>
    public static ImmutableArray<string> Wishes { get; } = [.. WishWords.Kinds.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The service's name in the engine, such as <c>shop.checkout</c>.</summary>
    public string FullName => $"{Namespace}.{Service}";
}

/// <summary>An object that something is said about.</summary>
public sealed record KubeOrigin(KubeName Name, string Uid)
{
    public override string ToString() => Name.ToString();
}

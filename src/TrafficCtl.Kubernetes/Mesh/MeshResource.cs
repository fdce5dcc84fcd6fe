using System.Collections.Immutable;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>A kind of object that a dialect reads or writes, under the versions that it knows, best first.</summary>
/// <param name="Group">The group of the API, such as <c>networking.istio.io</c>.</param>
internal sealed record MeshResource(string Group, string Plural, string Kind, ImmutableArray<string> Versions)
{
    /// <summary>What the controller does with its objects, as RBAC knows it; none where a role has it for another reason.</summary>
    public ImmutableArray<string> Verbs { get; init; } = [];

    public bool Equals(MeshResource? other) => other is not null && Group == other.Group && Plural == other.Plural;

    public override int GetHashCode() => HashCode.Combine(Group, Plural);

    public override string ToString() => $"{Plural}.{Group}";
}

/// <summary>A wish to see an object, or (without a name) all objects of a kind in the target's namespace.</summary>
/// <param name="IsOptional">That the kind is not served, or may not be read, is no fault: then there is nothing.</param>
internal sealed record MeshRead(MeshResource Of, string? Name, bool IsOptional = false);

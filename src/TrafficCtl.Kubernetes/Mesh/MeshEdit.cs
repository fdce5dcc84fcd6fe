using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>One write of one object.</summary>
/// <param name="Of">Its kind.</param>
/// <param name="Name">In the target's namespace.</param>
internal abstract record MeshEdit(MeshResource Of, string Name)
{
    /// <summary>RFC 6902 operations on an object of somebody else: tests first, then the weights.</summary>
    internal sealed record Patch(MeshResource Of, string Name, JsonArray Operations) : MeshEdit(Of, Name);

    /// <summary>The whole of an object of the controller's own.</summary>
    internal sealed record Apply(MeshResource Of, string Name, JsonObject Whole) : MeshEdit(Of, Name);

    /// <summary>The whole object again with other weights, where the server knows no patch.</summary>
    /// <param name="Version">What it replaces: refused when it is no longer that.</param>
    internal sealed record Replace(MeshResource Of, string Name, JsonObject Whole, string Version) : MeshEdit(Of, Name);

    /// <summary>Removes an object of the controller's own.</summary>
    internal sealed record Delete(MeshResource Of, string Name, string? Uid) : MeshEdit(Of, Name);

    internal bool IsOf(MeshResource of, string name) => Of.Equals(of) && Name == name;

    /// <summary>The same writes in the same order: to repeat them after a lost race would lose it again.</summary>
    internal static bool AreSame(ImmutableArray<MeshEdit> a, ImmutableArray<MeshEdit> b) => a.Length == b.Length
        && a.Zip(b).All(p => p.First.IsOf(p.Second.Of, p.Second.Name) && JsonNode.DeepEquals(Body(p.First), Body(p.Second)));

    private static JsonNode? Body(MeshEdit edit) => edit switch
    {
        Patch patch => patch.Operations,
        Apply apply => apply.Whole,
        Replace replace => new JsonArray(replace.Version, replace.Whole.DeepClone()),
        _ => null,
    };
}

using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>An entry of a rule's list of mirrors that copies to a slot: ours, by where it goes.</summary>
/// <param name="At">Its position in the list, which may hold others of other people.</param>
/// <param name="Share">The share of the requests that it copies.</param>
internal readonly record struct FoundMirror(int At, Weights Share);

/// <summary>
/// The mirrors of one rule that copy to a slot, and the patch of the one that is wanted. Everything else in the list stays where it is.
/// </summary>
/// <param name="What">The object and the rule, for a person.</param>
/// <param name="Path">Where the list stands in the object.</param>
/// <param name="Length">How many items the whole list has; null when there is none.</param>
internal sealed record MirrorList(string What, string Path, int? Length, ImmutableArray<FoundMirror> Ours)
{
    public Weights Share => Weights.OfCandidate(Math.Min(Weights.Total, Ours.Sum(m => m.Share.Candidate)));

    /// <summary>Adds, changes or takes away ours, unless it is as wanted or no mirror is the controller's.</summary>
    /// <param name="entry">A whole new entry.</param>
    /// <param name="member">The member of an entry that tells its share.</param>
    /// <exception cref="MeshException">Several copy to a slot.</exception>
    public void Patch(PatchBuilder patch, WantedSplit wanted, Func<JsonObject> entry, string member)
    {
        if (wanted.Shadow is not { } share || share == Share) return;
        if (Ours.Length > 1)
            throw new MeshException(MeshFault.Invalid, $"{What} has {Ours.Length} mirrors to the service's own slots; which of them is "
                + "the controller's is not clear. Leave one, or none");
        if (Ours.IsEmpty) Add(patch, entry());
        else if (share > Weights.AllStable) patch.Set($"{Path}/{Ours[0].At}/{member}", entry()[member]!.DeepClone());
        else if (Length == 1) patch.Remove(Path);
        else patch.Remove($"{Path}/{Ours[0].At}");
    }

    private void Add(PatchBuilder patch, JsonObject entry)
    {
        if (Length is null) patch.Set(Path, new JsonArray(entry));
        else patch.Set(Path + "/-", entry);
    }
}

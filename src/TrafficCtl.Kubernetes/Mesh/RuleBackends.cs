using System.Collections.Immutable;
using System.Text.Json.Nodes;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>A destination of a rule.</summary>
/// <param name="Path">Where the destination stands in its object.</param>
/// <param name="Slot">Null when it is none of the target's slots.</param>
/// <param name="Weight">Relative, as the mesh takes it: with the mesh's default where it is not written.</param>
/// <param name="Is">What it is, for a person.</param>
/// <param name="Identity">Members whose values say which destination it is, relative to it.</param>
internal sealed record Backend(string Path, Slot? Slot, decimal Weight, string Is, ImmutableArray<(string Path, JsonNode? Value)> Identity);

/// <summary>The destinations of one rule: their shares, and the patch of their weights.</summary>
/// <param name="What">The object and the rule, for a person.</param>
internal sealed record RuleBackends(string What, ImmutableArray<Backend> All)
{
    /// <exception cref="MeshException">A slot is there twice, or somebody who is no slot takes traffic.</exception>
    public LiveShares Shares()
    {
        foreach (var backend in All)
        {
            if (backend.Slot is null && backend.Weight > 0)
            {
                throw new MeshException(
                    MeshFault.ThirdDestination,
                    $"{What} sends traffic to {backend.Is}, which is none of the service's slots; the shares of two arms would not be "
                        + "what they say. Remove it, or set its weight to 0");
            }

            if (backend.Slot is not null && All.Count(b => b.Slot?.Service == backend.Slot.Service) > 1)
                throw new MeshException(
                    MeshFault.Invalid,
                    $"{What} has more than one destination {backend.Is}; which of them carries the weight is not clear. Leave one");
        }

        return new LiveShares([.. All.Where(b => b.Slot is not null).Select(b => new LiveShare(b.Slot!.Service, b.Weight))]);
    }

    /// <summary>Adds tests of who each destination is, and the weights of all slots, unless they say it already.</summary>
    /// <param name="weight">The weight in the unit of the object, of basis points.</param>
    /// <exception cref="MeshException">A slot that is to take traffic has no destination.</exception>
    public void Patch(PatchBuilder patch, WantedSplit wanted, Func<int, JsonNode> weight)
    {
        var live = Shares();
        if (live.SaysWeights(wanted.Shares)) return;
        foreach (var (service, _) in wanted.Shares.Of)
        {
            if (live.Has(service)) continue;
            throw new MeshException(
                MeshFault.BackendMissing,
                $"{What} has no destination {service}, which is to take {wanted.Shares}; add it there with weight 0");
        }

        foreach (var backend in All)
            foreach (var (path, value) in backend.Identity) patch.Test(backend.Path + path, value);
        foreach (var backend in All.Where(b => b.Slot is not null))
            patch.Set(backend.Path + "/weight", weight(wanted.ShareOf(backend.Slot!.Service)));
    }
}

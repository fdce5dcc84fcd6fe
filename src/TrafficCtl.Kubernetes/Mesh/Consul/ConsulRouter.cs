using System.Text.Json.Nodes;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Consul;

/// <summary>
/// Cohorts as routes of a service-router of our own, each to one of the two services entirely: routes come before the splitter.
/// </summary>
internal static class ConsulRouter
{
    public static MeshEdit? Edit(RouteScene scene, WantedSplit wanted)
    {
        var live = scene.Find(ConsulDialect.Router, scene.Route.Name);
        if (wanted.Cohorts.IsEmpty)
            return live is not null && ConsulEntry.IsOurs(live)
                ? new MeshEdit.Delete(ConsulDialect.Router, scene.Route.Name, ConsulEntry.Version(live))
                : null;
        if (live is not null && !ConsulEntry.IsOurs(live)) throw ConsulEntry.NotOurs($"service-router {scene.Route.Name}");
        var whole = ConsulEntry.Of(scene, ConsulDialect.Router);
        whole["Routes"] = new JsonArray([.. wanted.Cohorts.Select(c => Route(scene, wanted, c))]);
        return live is not null && JsonCover.Covers(live, whole)
            ? null
            : new MeshEdit.Replace(ConsulDialect.Router, scene.Route.Name, whole, live is null ? "0" : ConsulEntry.Version(live));
    }

    private static JsonNode Route(RouteScene scene, WantedSplit wanted, CohortSplit cohort)
    {
        if (cohort.Weights.IsSplit || cohort.Cohort.Attribute.Source == AttributeSource.Claim)
        {
            throw new MeshException(
                MeshFault.Unsupported,
                $"service-router {scene.Route.Name}: a route goes to one service, so a cohort takes 0 or 100 % by a header or a cookie; "
                    + $"{cohort.Cohort.Name} ({cohort.Cohort.Attribute}) at {cohort.Weights} cannot be said");
        }

        var slot = cohort.Weights == Weights.AllCandidate ? wanted.Candidate ?? wanted.Stable : wanted.Stable;
        var (name, value, isPattern) = HeaderMatch.Of(cohort.Cohort);
        var header = new JsonObject { ["Name"] = name, [isPattern ? "Regex" : "Exact"] = value };
        return new JsonObject
        {
            ["Match"] = new JsonObject { ["HTTP"] = new JsonObject { ["Header"] = new JsonArray(header) } },
            ["Destination"] = new JsonObject { ["Service"] = slot.Service },
        };
    }
}

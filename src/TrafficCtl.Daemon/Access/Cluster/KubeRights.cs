using System.Collections.Frozen;
using System.Collections.Immutable;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Reviews;

namespace TrafficCtl.Daemon.Access.Cluster;

/// <summary>What a user of a cluster may here, by what the cluster's authorization says of the rollouts of each namespace.</summary>
/// <remarks>
/// <c>get</c> views, <c>patch</c> operates, <c>approve</c> (a verb of our own) approves, and <c>*</c> does everything. A target in the
/// cluster needs the right in the namespace of its Service; one of a delivery file needs it in all namespaces.
/// </remarks>
/// <param name="byNamespace">The roles in each namespace that was asked for; under an empty name, those in all namespaces.</param>
/// <param name="views">The targets.</param>
/// <param name="cluster">The name of the cluster.</param>
/// <param name="isFirst">The first of several clusters also says who may what with the targets of delivery files.</param>
internal sealed class KubeRights(FrozenDictionary<string, ImmutableArray<Role>> byNamespace, Views views, string cluster, bool isFirst)
{
    public const string Everywhere = "";

    /// <summary>What the cluster is asked for, and the role that it gives.</summary>
    public static readonly ImmutableArray<(string Verb, Role Role)> Verbs =
        [("get", Role.Viewer), ("patch", Role.Operator), ("approve", Role.Approver), ("*", Role.Admin)];

    /// <summary>The roles for a target.</summary>
    public ImmutableArray<Role> RolesFor(TargetKey key) =>
        SpaceOf(views, key, cluster, isFirst) is { } space && byNamespace.TryGetValue(space, out var roles) ? roles : [];

    public bool IsSame(KubeRights other) => byNamespace.Count == other.Roles.Count
        && byNamespace.All(one => other.Roles.TryGetValue(one.Key, out var roles) && roles.SequenceEqual(one.Value));

    private FrozenDictionary<string, ImmutableArray<Role>> Roles => byNamespace;

    /// <summary>The namespaces that matter for a service, or for all of them.</summary>
    public static ImmutableArray<string> SpacesOf(Views views, string service, string cluster, bool isFirst) =>
    [
        .. (service.Length > 0 ? views.Of(service) : views.All)
            .Select(view => SpaceOf(view, cluster, isFirst)).OfType<string>().Distinct(StringComparer.Ordinal),
    ];

    /// <summary>The answer of a user who was asked about.</summary>
    /// <param name="reviews">The reviews of the cluster.</param>
    /// <param name="user">Who.</param>
    /// <param name="space">A namespace, or <see cref="Everywhere"/>.</param>
    /// <param name="isWish">What changes something is asked for too.</param>
    public static async Task<ImmutableArray<Role>> AskAsync(KubeReviews reviews, KubeUser user, string space, bool isWish)
    {
        var asked = isWish ? Verbs : Verbs[..1];
        var answers = await Task.WhenAll(asked.Select(
            one => reviews.MayAsync(user, one.Verb, space == Everywhere ? null : space, CancellationToken.None)));
        return [.. asked.Zip(answers).Where(static one => one.Second).Select(static one => one.First.Role)];
    }

    private static string? SpaceOf(Views views, TargetKey key, string cluster, bool isFirst) =>
        views.Find(key) is { } view ? SpaceOf(view, cluster, isFirst) : null;

    /// <summary>Null where this cluster does not say who may.</summary>
    private static string? SpaceOf(ServiceView view, string cluster, bool isFirst) => view.Spec.Target switch
    {
        ClusterTarget target => view.Key.Target == cluster ? target.Namespace : null,
        _ => isFirst ? Everywhere : null,
    };
}

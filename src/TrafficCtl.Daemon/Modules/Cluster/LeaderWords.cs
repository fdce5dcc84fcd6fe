using TrafficCtl.Kubernetes.Running;

namespace TrafficCtl.Daemon.Modules.Cluster;

/// <summary>Tells who answers where this process does not.</summary>
internal static class LeaderWords
{
    /// <summary>Null when this process is the leader.</summary>
    /// <param name="cluster">Knows who is the leader.</param>
    /// <param name="port">The port of this process's admin API: every controller of a Deployment has the same.</param>
    public static string? Elsewhere(ClusterRun cluster, int port) => cluster.IsLeading
        ? null
        : cluster.LeaseTrouble is { } trouble
            ? Cut(cluster.Leader == cluster.Lease.Identity, cluster.Leader, trouble)
            : Elsewhere(cluster.Leader, cluster.Lease.Namespace, port);

    /// <param name="leader">
    /// As it signs the Lease: a pod's name with a random part behind <c>_</c>, unless --identity says otherwise; empty when nobody is known
    /// to lead.
    /// </param>
    /// <param name="space">The namespace of the Lease; the controllers' own.</param>
    /// <param name="port">The port of the leader's admin API.</param>
    public static string Elsewhere(string leader, string space, int port)
    {
        const string Why = "this controller stands by: it takes no wish and does not know where rollouts stand";
        if (leader.Length == 0) return $"{Why}; nobody is known to lead now, ask again in some seconds";
        var cut = leader.LastIndexOf('_');
        return $"{Why}; {leader} leads: kubectl -n {space} port-forward pod/{(cut > 0 ? leader[..cut] : leader)} {port}:{port}, and ask "
            + "there";
    }

    /// <summary>While the API server does not answer, the leader is unknown: the last one seen may have changed since.</summary>
    /// <param name="isOwn">This controller was the leader.</param>
    /// <param name="leader">Seen last; empty for nobody.</param>
    /// <param name="trouble">Why the Lease cannot be asked for.</param>
    public static string Cut(bool isOwn, string leader, string trouble) =>
        (isOwn ? "this controller led until it could not renew its Lease" : "this controller does not lead, and cannot ask who does")
        + $" ({trouble.TrimEnd('.')}): every split stays as it is, no rollout goes on, and no wish is taken until the API server answers"
        + (isOwn || leader.Length == 0 ? "" : $"; {leader} led when it answered last");
}

using System.Collections.Immutable;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>
/// Pods behind a Service that are of no Deployment and no DaemonSet: whoever runs them decides their version, and cannot be asked.
/// </summary>
internal static class ForeignWorkloads
{
    /// <summary>Written by Argo Rollouts on a Service that it switches, and into its selector.</summary>
    private const string ManagedByRollouts = "argo-rollouts.argoproj.io/managed-by-rollouts", RolloutHash = "rollouts-pod-template-hash";

    private const string Convert =
        "make a Deployment of the Rollout's pod template (or scale up the Deployment that its workloadRef names), delete the Rollout, and "
        + "then remove the annotation " + ManagedByRollouts + " and the selector " + RolloutHash;

    /// <param name="space">The namespace.</param>
    /// <param name="service">A slot, or the Service that clients address.</param>
    /// <param name="behind">The workloads whose pods it selects.</param>
    /// <param name="ready">Its ready endpoints.</param>
    /// <returns>What is wrong, with what to do; null where nothing is.</returns>
    public static Remark? Look(string space, SeenService service, ImmutableArray<SeenDeployment> behind, int ready)
    {
        var name = $"Service {space}/{service.Object.NameOf()}";
        if (service.Object.Annotation(ManagedByRollouts) is { Length: > 0 } rollout)
            return new Remark("ArgoRollout", $"{name} is switched by Argo Rollout {rollout}, and two controllers would split the same "
                + $"traffic: {Convert}");
        if (service.Selector.ContainsKey(RolloutHash))
            return new Remark("ArgoRollout", $"{name} selects the pods of an Argo Rollout by {RolloutHash}, and two controllers would "
                + $"split the same traffic: {Convert}");
        if (ready == 0 || service.Selector.IsEmpty || behind.Any(d => !d.IsIdle)) return null;
        var idle = behind.IsEmpty ? "" : $", although {string.Join(" and ", behind.Select(d => d.Words))} has none";
        return new Remark(
            "UnknownWorkload",
            $"{name} has {ready} ready {(ready == 1 ? "endpoint" : "endpoints")} that {(ready == 1 ? "is" : "are")} of no Deployment and "
                + $"no DaemonSet{idle}: "
            + "a version is the pod template of one of these. Where an Argo Rollout runs them (by its own template, or by a workloadRef), "
            + "make a "
            + "Deployment of it and delete the Rollout; a StatefulSet or bare pods cannot be rolled out");
    }
}

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>The cluster as this process has it.</summary>
/// <param name="View">What the informers hold.</param>
/// <param name="Kube">Its API; writes of a process that is not the leader are refused.</param>
/// <param name="IsLeader">This process may write.</param>
public sealed record ClusterLink(IKubeView View, IKube Kube, Func<bool> IsLeader);

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>Tells people of the cluster what happens, where they look for it. Never waits and never fails.</summary>
public interface IEventRecorder
{
    void Record(ObjectEvent told);
}

/// <param name="About">The object that it regards.</param>
/// <param name="IsWarning">Somebody should look.</param>
/// <param name="Reason">One word in CamelCase, at most 128 characters.</param>
/// <param name="Action">What was done or tried, in CamelCase.</param>
/// <param name="Note">A sentence; what is longer than an event takes is cut.</param>
public sealed record ObjectEvent(KubeOrigin About, bool IsWarning, string Reason, string Action, string Note);

using System.Collections.Concurrent;
using TrafficCtl.Kubernetes.Roles;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster.Rights;

/// <summary>
/// What a cluster's authorization was asked for: every call, and the create that an apply of an object that is not there is too.
/// </summary>
internal sealed class RightsAsked
{
    private readonly FakeKube kube;
    private readonly ConcurrentQueue<KubeCall> made = new();

    public RightsAsked(FakeKube kube)
    {
        this.kube = kube;
        kube.Written = written =>
        {
            if (written is { Old: null, By: { Verb: "patch" } by }) made.Enqueue(by with { Verb = "create", Name = null });
        };
    }

    public IEnumerable<KubeCall> All => kube.Calls.Concat(made);

    /// <summary>Whether one rule of the table, with its object's name or in its namespace if it has such, allows it.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="call">What was asked.</param>
    /// <param name="home">The controller's own namespace.</param>
    public static bool IsAllowed(ApiRule rule, KubeCall call, string home) =>
        rule.Allows(call.Verb, call.Group, call.Subresource.Length == 0 ? call.Resource : $"{call.Resource}/{call.Subresource}", call.Name)
        && (!rule.IsOwnNamespace || call.Namespace == home);
}
